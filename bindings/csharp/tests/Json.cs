// JSON for the tests: objects are dictionaries in their order, lists lists; a number keeps its text.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;

sealed class Raw
{
    public readonly string Text;
    public Raw(string text) { Text = text; }
}

sealed class Json
{
    readonly string text;
    int at;

    Json(string text) { this.text = text; }

    public static object Parse(string text)
    {
        var parser = new Json(text);
        object value = parser.Value();
        if (parser.Next() != '\0') throw new FormatException("more than one value");
        return value;
    }

    public static Dictionary<string, object> Object(string text) => (Dictionary<string, object>)Parse(text);

    char Next()
    {
        while (at < text.Length && " \t\r\n".IndexOf(text[at]) >= 0) at++;
        return at < text.Length ? text[at] : '\0';
    }

    bool Skip(char mark)
    {
        if (Next() != mark) return false;
        at++;
        return true;
    }

    void Need(char mark)
    {
        if (!Skip(mark)) throw new FormatException("no " + mark + " at " + at);
    }

    object Value()
    {
        if (Skip('{'))
        {
            var members = new Dictionary<string, object>();
            if (Skip('}')) return members;
            do
            {
                string name = String();
                Need(':');
                members[name] = Value();
            } while (Skip(','));
            Need('}');
            return members;
        }
        if (Skip('['))
        {
            var items = new List<object>();
            if (Skip(']')) return items;
            do items.Add(Value()); while (Skip(','));
            Need(']');
            return items;
        }
        return Next() == '"' ? String() : Word();
    }

    object Word()
    {
        int start = at;
        while (at < text.Length && ",]} \t\r\n".IndexOf(text[at]) < 0) at++;
        string word = text.Substring(start, at - start);
        if (word == "null") return null;
        if (word == "true" || word == "false") return word == "true";
        double.Parse(word, CultureInfo.InvariantCulture);
        return new Raw(word);
    }

    string String()
    {
        Need('"');
        var made = new StringBuilder();
        for (; text[at] != '"'; at++)
        {
            if (text[at] != '\\') { made.Append(text[at]); continue; }
            int known = "bfnrt".IndexOf(text[++at]);
            if (text[at] == 'u')
            {
                made.Append((char)int.Parse(text.Substring(at + 1, 4), NumberStyles.HexNumber));
                at += 4;
            }
            else made.Append(known < 0 ? text[at] : "\b\f\n\r\t"[known]);
        }
        at++;
        return made.ToString();
    }

    public static string Write(object value)
    {
        var made = new StringBuilder();
        Write(made, value);
        return made.ToString();
    }

    static void Write(StringBuilder into, object value)
    {
        if (value == null) into.Append("null");
        else if (value is Raw) into.Append(((Raw)value).Text);
        else if (value is bool) into.Append((bool)value ? "true" : "false");
        else if (value is string) WriteText(into, (string)value);
        else if (value is IDictionary<string, object>) WriteAll(into, "{}", (IDictionary<string, object>)value, each =>
        {
            WriteText(into, each.Key);
            into.Append(':');
            Write(into, each.Value);
        });
        else if (value is IEnumerable) WriteAll(into, "[]", ((IEnumerable)value).Cast<object>(), each => Write(into, each));
        else into.Append(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
    }

    static void WriteAll<T>(StringBuilder into, string marks, IEnumerable<T> all, Action<T> write)
    {
        into.Append(marks[0]);
        bool isFirst = true;
        foreach (T each in all)
        {
            if (!isFirst) into.Append(',');
            isFirst = false;
            write(each);
        }
        into.Append(marks[1]);
    }

    static void WriteText(StringBuilder into, string text)
    {
        into.Append('"');
        foreach (char one in text)
        {
            if (one == '"' || one == '\\') into.Append('\\').Append(one);
            else if (one < 32 || char.IsSurrogate(one) || one == '\u2028') into.Append("\\u").Append(((int)one).ToString("x4"));
            else into.Append(one);
        }
        into.Append('"');
    }
}
