//! A format's code taken apart, as ECMA-376 part 1, 18.8.31 describes it.

use std::iter::Peekable;
use std::str::Chars;

/// A part of a section.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// `0`, `#` or `?`.
    Digit(char),
    Point,
    Comma,
    Percent,
    /// `E+` or `E-`: whether a plus sign is shown.
    Exponent {
        plus: bool,
    },
    Slash,
    /// The denominator that a fraction always has.
    Denominator(u32),
    Literal(String),
    /// As wide as some character, and blank.
    Pad,
    General,
    Text,
    Date(Part),
}

/// A part of a date or time, and how many letters ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Year(usize),
    /// A month, or a minute; settled once all are known.
    Month(usize),
    Minute(usize),
    Day(usize),
    /// `aaa`, `aaaa`.
    Weekday(usize),
    Hour(usize),
    Second(usize),
    /// So many digits of a second.
    Fraction(usize),
    ElapsedHours(usize),
    ElapsedMinutes(usize),
    ElapsedSeconds(usize),
    /// The words for before and after noon.
    Noon(&'static str, &'static str),
}

/// When a section is the one to use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Condition {
    operator: Operator,
    limit: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Below,
    AtMost,
    Equal,
    Other,
    AtLeast,
    Above,
}

impl Condition {
    pub(super) const ABOVE_ZERO: Self = Self { operator: Operator::Above, limit: 0.0 };
    pub(super) const BELOW_ZERO: Self = Self { operator: Operator::Below, limit: 0.0 };

    pub(super) fn holds(self, value: f64) -> bool {
        #[expect(clippy::float_cmp, reason = "a spreadsheet compares so, too")]
        match self.operator {
            Operator::Below => value < self.limit,
            Operator::AtMost => value <= self.limit,
            Operator::Equal => value == self.limit,
            Operator::Other => value != self.limit,
            Operator::AtLeast => value >= self.limit,
            Operator::Above => value > self.limit,
        }
    }

    fn new(text: &str) -> Option<Self> {
        let known = [
            ("<=", Operator::AtMost),
            (">=", Operator::AtLeast),
            ("<>", Operator::Other),
            ("<", Operator::Below),
            (">", Operator::Above),
            ("=", Operator::Equal),
        ];
        let (sign, operator) = known.into_iter().find(|(sign, _)| text.starts_with(sign))?;
        let limit = text.strip_prefix(sign)?.trim().parse().ok()?;
        Some(Self { operator, limit })
    }
}

/// One of the sections that `;` separates.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Section {
    pub(super) tokens: Vec<Token>,
    pub(super) condition: Option<Condition>,
    /// The language that it names, as Windows numbers languages.
    pub(super) language: Option<u32>,
    /// Whether all of it was understood, and every program understands it so.
    pub(super) certain: bool,
    /// Whether each computer words it by its own language; the tokens then are what Excel in China shows.
    pub(super) regional: bool,
}

impl Section {
    pub(super) fn is_date(&self) -> bool {
        self.tokens.iter().any(|token| matches!(token, Token::Date(_)))
    }

    pub(super) fn has_digits(&self) -> bool {
        self.tokens.iter().any(|token| matches!(token, Token::Digit(_) | Token::General | Token::Text))
    }
}

/// What Excel in China shows where the computer's own long date and time are asked for.
const LONG_DATE: &str = "yyyy\"年\"m\"月\"d\"日\"";
const LONG_TIME: &str = "h:mm:ss";

/// The sections of a code.
pub(super) fn sections(code: &str) -> Vec<Section> {
    let mut chars = code.chars().peekable();
    let mut sections = Vec::new();
    loop {
        let mut reader = Reader::new();
        let ended = reader.read(&mut chars);
        sections.push(reader.finish());
        if ended || sections.len() > 4 {
            return sections;
        }
    }
}

type Code<'c> = Peekable<Chars<'c>>;

struct Reader {
    section: Section,
    /// The code that stands for all the rest, where the computer's own date or time is asked for.
    system: Option<&'static str>,
}

impl Reader {
    fn new() -> Self {
        let section =
            Section { tokens: Vec::new(), condition: None, language: None, certain: true, regional: false };
        Self { section, system: None }
    }

    /// Reads a section; gives whether the code ends with it.
    fn read(&mut self, code: &mut Code<'_>) -> bool {
        while let Some(c) = code.next() {
            match c {
                ';' => return false,
                '"' => {
                    let text = code.by_ref().take_while(|c| *c != '"').collect();
                    self.push(Token::Literal(text));
                }
                '\\' => match code.next() {
                    Some(c) => self.push(Token::Literal(c.into())),
                    None => self.section.certain = false,
                },
                '_' => {
                    code.next();
                    self.push(Token::Pad);
                }
                // The cell is filled with the next character as far as it is wide.
                '*' => {
                    code.next();
                }
                '[' => {
                    let inside: String = code.by_ref().take_while(|c| *c != ']').collect();
                    self.bracket(&inside);
                }
                '0' | '#' | '?' => self.push(Token::Digit(c)),
                '1'..='9' if self.section.tokens.last() == Some(&Token::Slash) => self.denominator(c, code),
                '.' => self.point(code),
                ',' => self.push(Token::Comma),
                '%' => self.push(Token::Percent),
                '/' => self.push(Token::Slash),
                '@' => self.push(Token::Text),
                'E' | 'e' if matches!(code.peek(), Some('+' | '-')) => {
                    let plus = code.next() == Some('+');
                    self.push(Token::Exponent { plus });
                }
                'a'..='z' | 'A'..='Z' | '上' => self.letters(c, code),
                ' ' | '$' | '-' | '+' | '(' | ')' | ':' | '^' | '&' | '\'' | '~' | '{' | '}' | '<' | '>'
                | '=' => self.push(Token::Literal(c.into())),
                c if !c.is_ascii() => self.push(Token::Literal(c.into())),
                _ => self.section.certain = false,
            }
        }
        true
    }

    fn push(&mut self, token: Token) {
        self.section.tokens.push(token);
    }

    fn denominator(&mut self, first: char, code: &mut Code<'_>) {
        let mut digits = String::from(first);
        while let Some(digit) = code.next_if(char::is_ascii_digit) {
            digits.push(digit);
        }
        match digits.parse() {
            Ok(number) => self.push(Token::Denominator(number)),
            Err(_) => self.section.certain = false,
        }
    }

    /// A point of a number, or of a second.
    fn point(&mut self, code: &mut Code<'_>) {
        let after_second = matches!(
            self.section.tokens.last(),
            Some(Token::Date(Part::Second(_) | Part::ElapsedSeconds(_)))
        );
        let mut digits = 0;
        while after_second && code.next_if_eq(&'0').is_some() {
            digits += 1;
        }
        match digits {
            0 if self.section.is_date() => self.push(Token::Literal(".".into())),
            0 => self.push(Token::Point),
            digits => self.push(Token::Date(Part::Fraction(digits))),
        }
    }

    fn bracket(&mut self, inside: &str) {
        const COLORS: [&str; 8] = ["black", "blue", "cyan", "green", "magenta", "red", "white", "yellow"];
        const COLORS_ZH: [&str; 8] = ["黑色", "蓝色", "青色", "绿色", "洋红", "红色", "白色", "黄色"];
        let lower = inside.to_ascii_lowercase();
        let number = lower.strip_prefix("color").or_else(|| lower.strip_prefix("颜色"));
        if COLORS.contains(&lower.as_str())
            || COLORS_ZH.contains(&inside)
            || number.is_some_and(|number| number.trim().parse::<u8>().is_ok())
        {
            return;
        }
        if let Some(currency) = inside.strip_prefix('$') {
            return self.currency(currency);
        }
        if inside.starts_with(['<', '>', '=']) {
            self.section.condition = Condition::new(inside);
            self.section.certain &= self.section.condition.is_some();
            return;
        }
        let length = lower.len();
        let all = |letter: u8| length > 0 && lower.bytes().all(|byte| byte == letter);
        match () {
            () if all(b'h') => self.push(Token::Date(Part::ElapsedHours(length))),
            () if all(b'm') => self.push(Token::Date(Part::ElapsedMinutes(length))),
            () if all(b's') => self.push(Token::Date(Part::ElapsedSeconds(length))),
            () => self.section.certain = false,
        }
    }

    /// A currency's sign and the language behind it: `¥-804`, `-409`, `€-x-euro2`.
    fn currency(&mut self, inside: &str) {
        let (sign, language) = inside.split_once('-').unwrap_or((inside, ""));
        if !sign.is_empty() {
            self.push(Token::Literal(sign.to_owned()));
        }
        match language.to_ascii_lowercase().as_str() {
            "" => {}
            "zh-cn" => self.section.language = Some(0x804),
            "en-us" => self.section.language = Some(0x409),
            "x-sysdate" => self.system = Some(LONG_DATE),
            "x-systime" => self.system = Some(LONG_TIME),
            language => match u32::from_str_radix(language, 16) {
                Ok(0xF800) => self.system = Some(LONG_DATE),
                Ok(0xF400) => self.system = Some(LONG_TIME),
                Ok(number) if number <= 0xFFFF => self.section.language = Some(number),
                // Another calendar, or other digits.
                Ok(_) => self.section.certain = false,
                // Names of languages change the words of dates, and nothing else.
                Err(_) if language.starts_with("x-") => self.section.certain = false,
                Err(_) => self.section.language = Some(0),
            },
        }
    }

    fn letters(&mut self, first: char, code: &mut Code<'_>) {
        let rest: String = std::iter::once(first).chain(code.clone().take(10)).collect();
        for (word, token) in [
            ("general", Token::General),
            ("g/通用格式", Token::General),
            ("am/pm", Token::Date(Part::Noon("AM", "PM"))),
            ("a/p", Token::Date(Part::Noon("A", "P"))),
            ("上午/下午", Token::Date(Part::Noon("上午", "下午"))),
        ] {
            if rest.to_lowercase().starts_with(word) {
                code.nth(word.chars().count() - 2);
                return self.push(token);
            }
        }
        let letter = first.to_ascii_lowercase();
        let mut count = 1;
        while code.next_if(|c| c.to_ascii_lowercase() == letter).is_some() {
            count += 1;
        }
        let part = match letter {
            'y' => Part::Year(count),
            // The year of the era, where the language has eras; Chinese has none.
            'e' => {
                self.section.certain &= matches!(self.section.language, None | Some(0x804));
                self.section.regional |= self.section.language.is_none();
                Part::Year(4)
            }
            'm' => Part::Month(count),
            'd' => Part::Day(count),
            'a' => Part::Weekday(count),
            'h' => Part::Hour(count),
            's' => Part::Second(count),
            // Eras, the Buddhist calendar.
            'g' | 'b' => {
                self.section.certain = false;
                Part::Year(4)
            }
            '上' => return self.push(Token::Literal("上".into())),
            _ => {
                self.section.certain = false;
                return;
            }
        };
        self.push(Token::Date(part));
    }

    fn finish(mut self) -> Section {
        if let Some(code) = self.system {
            let mut whole = Self::new();
            whole.read(&mut code.chars().peekable());
            return Section { regional: true, ..whole.finish() };
        }
        let tokens = &mut self.section.tokens;
        if tokens.is_empty() && self.section.condition.is_some() {
            // Whether nothing or the number is shown differs.
            self.section.certain = false;
        }
        let parts: Vec<usize> =
            (0..tokens.len()).filter(|at| matches!(tokens[*at], Token::Date(_))).collect();
        for (index, at) in parts.iter().enumerate() {
            let Token::Date(Part::Month(count)) = tokens[*at] else { continue };
            let neighbour =
                |index: Option<usize>| index.and_then(|index| parts.get(index)).map(|at| &tokens[*at]);
            let after_hour = matches!(
                neighbour(index.checked_sub(1)),
                Some(Token::Date(Part::Hour(_) | Part::ElapsedHours(_)))
            );
            let before_second = matches!(
                neighbour(Some(index + 1)),
                Some(Token::Date(Part::Second(_) | Part::ElapsedSeconds(_)))
            );
            if after_hour || before_second {
                tokens[*at] = Token::Date(Part::Minute(count));
            }
        }
        let worded = |token: &Token| {
            matches!(token, Token::Date(Part::Month(3..) | Part::Day(3..) | Part::Weekday(_)))
        };
        self.section.regional |= self.section.language.is_none() && self.section.tokens.iter().any(worded);
        self.section
    }
}
