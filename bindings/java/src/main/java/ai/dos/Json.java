package ai.dos;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** JSON of Maps, Lists, Strings, Numbers, Booleans and null, so that no other package is needed. Any other may be used. */
public final class Json {
    private static final int DEPTH = 512;
    private static final int DIGITS = 1000; // to read an integer takes time that grows faster than its length
    private static final Pattern NUMBER = Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");

    /** JSON that is written as it is. */
    record Raw(String text) {}

    private Json() {}

    public static String write(Object value) {
        StringBuilder out = new StringBuilder();
        write(out, value, DEPTH);
        return out.toString();
    }

    private static void write(StringBuilder out, Object value, int depth) {
        if (depth == 0) throw new IllegalArgumentException("this is nested too deeply for JSON");
        if (value == null || value instanceof Boolean) {
            out.append(value);
        } else if (value instanceof CharSequence text) {
            quote(out, text);
        } else if (value instanceof Number number) {
            String digits = number.toString();
            if (!NUMBER.matcher(digits).matches()) throw new IllegalArgumentException(digits + " is not a number in JSON");
            out.append(digits);
        } else if (value instanceof Raw raw) {
            out.append(raw.text);
        } else if (value instanceof Map<?, ?> map) {
            String before = "{";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                quote(out.append(before), (CharSequence) entry.getKey());
                write(out.append(':'), entry.getValue(), depth - 1);
                before = ",";
            }
            out.append(map.isEmpty() ? "{}" : "}");
        } else if (value instanceof Iterable<?> list) {
            char before = '[';
            for (Object each : list) {
                write(out.append(before), each, depth - 1);
                before = ',';
            }
            out.append(before == '[' ? "[]" : "]");
        } else {
            throw new IllegalArgumentException("JSON has no form for " + value.getClass());
        }
    }

    private static void quote(StringBuilder out, CharSequence text) {
        out.append('"');
        for (int at = 0; at < text.length(); at++) {
            char one = text.charAt(at);
            boolean isPair = Character.isHighSurrogate(one) && at + 1 < text.length() && Character.isLowSurrogate(text.charAt(at + 1));
            if (isPair) out.append(one).append(text.charAt(++at));
            else if (one == '"' || one == '\\') out.append('\\').append(one);
            else if (one < ' ' || Character.isSurrogate(one)) out.append(String.format("\\u%04x", (int) one));
            else out.append(one);
        }
        out.append('"');
    }

    /** Objects are Maps in their order; integers are Longs, and other numbers, also -0, Doubles, where they fit, and else
     * BigIntegers and BigDecimals of at most 1000 characters. */
    public static Object parse(String text) {
        Reader reader = new Reader(text);
        Object value = reader.value(DEPTH);
        reader.space();
        if (reader.at != text.length()) throw reader.wrong();
        return value;
    }

    private static final class Reader {
        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        IllegalArgumentException wrong() {
            return new IllegalArgumentException("invalid JSON at character " + at);
        }

        void space() {
            while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
        }

        boolean skip(char one) {
            space();
            if (at == text.length() || text.charAt(at) != one) return false;
            at++;
            return true;
        }

        Object value(int depth) {
            if (depth == 0) throw wrong();
            space();
            if (skip('{')) return object(depth);
            if (skip('[')) return list(depth);
            if (skip('"')) return string();
            for (Object word : new Object[] {true, false, null}) {
                if (text.startsWith(String.valueOf(word), at)) {
                    at += String.valueOf(word).length();
                    return word;
                }
            }
            return number();
        }

        private Map<String, Object> object(int depth) {
            Map<String, Object> made = new LinkedHashMap<>();
            if (skip('}')) return made;
            do {
                if (!skip('"')) throw wrong();
                String key = string();
                if (!skip(':')) throw wrong();
                made.put(key, value(depth - 1));
            } while (skip(','));
            if (!skip('}')) throw wrong();
            return made;
        }

        private List<Object> list(int depth) {
            List<Object> made = new ArrayList<>();
            if (skip(']')) return made;
            do made.add(value(depth - 1)); while (skip(','));
            if (!skip(']')) throw wrong();
            return made;
        }

        private String string() {
            StringBuilder made = new StringBuilder();
            while (at < text.length()) {
                char one = text.charAt(at++);
                if (one == '"') return made.toString();
                if (one < ' ') break;
                made.append(one == '\\' ? escaped() : one);
            }
            throw wrong();
        }

        private char escaped() {
            if (at == text.length()) throw wrong();
            char one = text.charAt(at++);
            int known = "\"\\/bfnrt".indexOf(one);
            if (known >= 0) return "\"\\/\b\f\n\r\t".charAt(known);
            if (one != 'u' || !text.substring(at, Math.min(at + 4, text.length())).matches("[0-9a-fA-F]{4}")) throw wrong();
            at += 4;
            return (char) Integer.parseInt(text, at - 4, at, 16);
        }

        private Object number() {
            int from = at;
            while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) at++;
            String found = text.substring(from, at);
            Matcher parts = NUMBER.matcher(found);
            if (!parts.matches()) throw wrong();
            boolean isInteger = parts.group(2) == null && parts.group(3) == null && !found.equals("-0"); // a Long has none
            if (isInteger && found.length() < 19) return Long.valueOf(found);
            if (!isInteger && Double.isFinite(Double.parseDouble(found))) return Double.valueOf(found);
            if (found.length() > DIGITS) throw wrong();
            try {
                BigDecimal number = new BigDecimal(found);
                if (!isInteger) return number;
                BigInteger integer = number.toBigIntegerExact();
                return integer.bitLength() < 64 ? (Number) integer.longValue() : integer;
            } catch (NumberFormatException exponent) {
                throw wrong();
            }
        }
    }
}
