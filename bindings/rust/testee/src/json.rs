//! The least of JSON: what a testee reads, and how it writes texts.

#[derive(Debug)]
pub enum Kind {
    Other,
    Number(f64),
    Text(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
}

/// A value, and the text that it was read from.
#[derive(Debug)]
pub struct Value {
    pub raw: String,
    pub kind: Kind,
}

impl Value {
    pub fn parse(text: &str) -> Option<Value> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value()?;
        reader.blanks();
        (reader.at == text.len()).then_some(value)
    }
    pub fn get(&self, key: &str) -> Option<&Value> {
        match &self.kind {
            Kind::Object(members) => members.iter().find(|member| member.0 == key).map(|member| &member.1),
            _ => None,
        }
    }
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }
    pub fn number(&self) -> Option<f64> {
        match self.kind {
            Kind::Number(number) => Some(number),
            _ => None,
        }
    }
    pub fn list(&self) -> &[Value] {
        match &self.kind {
            Kind::List(list) => list,
            _ => &[],
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }
    fn takes(&mut self, byte: u8) -> bool {
        self.blanks();
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }
    fn value(&mut self) -> Option<Value> {
        self.blanks();
        let start = self.at;
        let kind = match self.peek()? {
            b'{' => {
                let mut members = Vec::new();
                self.each(b'}', |reader| {
                    reader.blanks();
                    let key = reader.string()?;
                    reader.takes(b':').then_some(())?;
                    members.push((key, reader.value()?));
                    Some(())
                })?;
                Kind::Object(members)
            }
            b'[' => {
                let mut list = Vec::new();
                self.each(b']', |reader| reader.value().map(|value| list.push(value)))?;
                Kind::List(list)
            }
            b'"' => Kind::Text(self.string()?),
            _ => {
                while !matches!(self.peek(), None | Some(b',' | b'}' | b']' | b' ' | b'\r' | b'\n')) {
                    self.at += 1;
                }
                match &self.text[start..self.at] {
                    "null" | "true" | "false" => Kind::Other,
                    number => Kind::Number(number.parse().ok()?),
                }
            }
        };
        Some(Value { raw: self.text[start..self.at].into(), kind })
    }
    fn each(&mut self, end: u8, mut one: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.at += 1;
        if self.takes(end) {
            return Some(());
        }
        loop {
            one(self)?;
            if self.takes(end) {
                return Some(());
            }
            self.takes(b',').then_some(())?;
        }
    }
    fn string(&mut self) -> Option<String> {
        (self.peek()? == b'"').then(|| self.at += 1)?;
        let mut made = String::new();
        loop {
            let mut rest = self.text[self.at..].chars();
            let mut next = rest.next()?;
            self.at += next.len_utf8();
            match next {
                '"' => return Some(made),
                '\\' => {
                    next = rest.next()?;
                    self.at += next.len_utf8();
                    made.push(match next {
                        'b' => '\u{8}',
                        'f' => '\u{c}',
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        'u' => self.escaped()?,
                        other => other,
                    });
                }
                other => made.push(other),
            }
        }
    }
    fn escaped(&mut self) -> Option<char> {
        let mut unit = || {
            let unit = u32::from_str_radix(self.text.get(self.at..self.at + 4)?, 16).ok();
            self.at += 4;
            unit
        };
        let high = unit()?;
        if (0xD800..0xDC00).contains(&high) && self.text[self.at..].starts_with("\\u") {
            self.at += 2;
            let low = u32::from_str_radix(self.text.get(self.at..self.at + 4)?, 16).ok()?;
            self.at += 4;
            return char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low.wrapping_sub(0xDC00) & 0x3FF));
        }
        char::from_u32(high).or(Some('\u{FFFD}'))
    }
}

pub fn text(text: &str) -> String {
    let mut made = String::from("\"");
    for each in text.chars() {
        match each {
            '"' | '\\' => made.extend(['\\', each]),
            '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{2028}' | '\u{2029}' => made += &format!("\\u{:04x}", each as u32),
            _ => made.push(each),
        }
    }
    made + "\""
}

pub fn maybe<T: AsRef<str>>(value: Option<T>) -> String {
    value.map_or("null".into(), |value| text(value.as_ref()))
}

pub fn list(values: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", values.into_iter().collect::<Vec<_>>().join(", "))
}

/// Members that are null are left out.
pub fn object(members: &[(&str, String)]) -> String {
    let said = members.iter().filter(|member| member.1 != "null");
    format!("{{{}}}", said.map(|(key, value)| format!("\"{key}\": {value}")).collect::<Vec<_>>().join(", "))
}
