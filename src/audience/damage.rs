//! What a spreadsheet does to cells on their way through a CSV, told by the cells alone.
//!
//! The first and the last byte of a cell settle nearly all of them.

use crate::audience::characters;

/// What seems to have happened to a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Damage {
    /// A number in scientific notation, `6.22E+17`.
    Scientific,
    /// An error value, `#REF!`.
    ErrorValue,
    /// A picture in the cell, of which the file holds a formula of WPS: `=DISPIMG("ID_1",1)`.
    Picture,
    /// Nothing but `#`, which Excel and WPS write where a column was too narrow: `########`.
    TooNarrow,
    /// A formula that nobody has calculated: `=VLOOKUP(A1,B:C,2)`.
    Formula,
    /// A variable, which only the template of a message may hold: `{姓名}`.
    Placeholder,
    /// An apostrophe before a number or a formula.
    Apostrophe,
    /// A word that a program writes for nothing: `NULL`.
    NullWord,
    /// A mark that tells Excel that a number is text: `="0012"`.
    TextMark,
    /// What is left of characters that are lost.
    Destroyed,
    /// What stands where a program may have lost a character: `王?`.
    Lost,
    /// Text that was read in the wrong encoding.
    Misread,
    /// Characters that only some fonts have.
    PrivateUse,
    /// Markup of web pages and programs: `<br/>`, `\n`.
    Markup,
    /// Blanks before or after the text.
    Blanks,
    /// Characters that nobody sees.
    Invisible,
    /// Full-width letters or digits.
    FullWidth,
}

/// What seems to have happened to a cell, and what it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CellDamage {
    /// Whether it is digits and nothing else.
    pub(crate) digits: bool,
    /// What seems to have happened to it.
    pub(crate) damage: Option<Damage>,
}

/// The bytes that what is odd begins with. Most Chinese text has none of them.
const ODD: [bool; 256] = {
    let mut odd = [false; 256];
    // U+0080 to U+00FF and what Windows-1252 has beyond them, the first Arabic signs, U+0800 to U+3FFF, U+E000 to U+FFFF,
    // and everything beyond; markup.
    let bytes = [
        0xC2, 0xC3, 0xC5, 0xC6, 0xCB, 0xCD, 0xD8, 0xDB, 0xDC, 0xE0, 0xE1, 0xE2, 0xE3, 0xEE, 0xEF, 0xF0, 0xF3,
        0xF4, b'\\', b'<', b'&', b'{',
    ];
    let mut at = 0;
    while at < bytes.len() {
        odd[bytes[at] as usize] = true;
        at += 1;
    }
    odd
};

/// Whether a text may hold something that only a look at all of it tells. Asked once for all cells of a row, since it
/// is the only question that needs every byte.
pub(crate) fn may_be_odd(text: &[u8]) -> bool {
    // No early exit: nearly every row has nothing, and a loop without branches is faster for those.
    text.iter().fold(false, |odd, byte| odd | ODD[usize::from(*byte)])
        // Its first byte begins many usual characters.
        || memchr::memmem::find(text, characters::TWICE_LOST.as_bytes()).is_some()
}

/// Looks at a cell of a row that [`may_be_odd`] or may not.
pub(crate) fn look(cell: &str, odd: bool) -> CellDamage {
    let bytes = cell.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return CellDamage { digits: false, damage: None };
    };
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    if is_digit(first) && is_digit(last) && bytes.iter().all(is_digit) {
        return CellDamage { digits: true, damage: None };
    }
    let marked = || matches!(bytes.get(1), Some(b'0'..=b'9' | b'=' | b'+' | b'-' | b'@'));
    let damage = match first {
        b'#' if bytes.len() > 1 && bytes.iter().all(|byte| *byte == b'#') => Some(Damage::TooNarrow),
        b'#' => is_error_value(cell.trim_end()).then_some(Damage::ErrorValue),
        b'\'' => marked().then_some(Damage::Apostrophe),
        b'`' => marked().then_some(Damage::TextMark),
        b'=' if is_picture(cell) => Some(Damage::Picture),
        b'=' if cell.starts_with("=\"") && cell.ends_with('"') => Some(Damage::TextMark),
        b'=' => is_formula(cell).then_some(Damage::Formula),
        b'0'..=b'9' | b'-' if is_digit(last) => is_scientific(cell).then_some(Damage::Scientific),
        b'N' | b'n' | b'(' | b'<' | b'[' | b'\\' | b'U' | b'u' | b'?' => null_word(cell),
        _ => None,
    };
    let whole = || odd && may_be_odd(bytes) || *first >= 0xE4 && characters::may_begin_misread(cell);
    CellDamage {
        digits: false,
        damage: damage
            .or_else(|| (is_edge(*first) || is_edge(*last) || whole()).then(|| throughout(cell)).flatten()),
    }
}

/// Whether a text is what WPS keeps of a picture that somebody put into a cell.
fn is_picture(cell: &str) -> bool {
    let name = cell.trim_start_matches('=');
    let name = name.strip_prefix("_xlfn.").unwrap_or(name);
    name.get(.."DISPIMG(".len()).is_some_and(|start| start.eq_ignore_ascii_case("DISPIMG("))
}

/// Whether a text is a formula with a function or a cell in it. `=1+1` may be meant.
fn is_formula(cell: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$');
    let mut from = 0;
    while let Some(at) = cell[from..].find(|c: char| c.is_ascii_alphabetic() || c == '$').map(|at| from + at)
    {
        let rest = &cell[at..];
        let end = rest.find(|c: char| !word(c)).unwrap_or(rest.len());
        if rest[end..].starts_with('(') || is_cell(&rest[..end]) {
            return true;
        }
        from = at + end.max(1);
    }
    false
}

/// Whether a word is a cell, `$B$12`.
fn is_cell(word: &str) -> bool {
    let word = word.strip_prefix('$').unwrap_or(word);
    let digits = word.find(|c: char| !c.is_ascii_uppercase()).unwrap_or(word.len());
    let (letters, row) = word.split_at(digits);
    let row = row.strip_prefix('$').unwrap_or(row);
    (1..=3).contains(&letters.len()) && !row.is_empty() && row.bytes().all(|byte| byte.is_ascii_digit())
}

/// What programs write for nothing, and what they leave of characters that an encoding does not have.
fn null_word(cell: &str) -> Option<Damage> {
    const WORDS: [&str; 23] = [
        "[object Object]",
        "NULL",
        "Null",
        "null",
        "\\N",
        "NaN",
        "nan",
        "NAN",
        "NaT",
        "None",
        "NONE",
        "N/A",
        "n/a",
        "nil",
        "undefined",
        "(null)",
        "(NULL)",
        "<null>",
        "<NULL>",
        "[NULL]",
        "[null]",
        "<NA>",
        "UNDEFINED",
    ];
    if WORDS.contains(&cell) {
        return Some(Damage::NullWord);
    }
    (cell.len() > 1 && cell.bytes().all(|byte| byte == b'?')).then_some(Damage::Destroyed)
}

/// What a look at every character tells, the worst first.
fn throughout(cell: &str) -> Option<Damage> {
    if cell.strip_prefix('＃').is_some_and(|rest| is_error_value(&format!("#{}", rest.trim_end()))) {
        Some(Damage::ErrorValue)
    } else if characters::is_destroyed(cell) {
        Some(Damage::Destroyed)
    } else if characters::misread(cell).is_some() {
        Some(Damage::Misread)
    } else if characters::private_use(cell).is_some() {
        Some(Damage::PrivateUse)
    } else if characters::has_unseen(cell) {
        Some(Damage::Invisible)
    } else if has_markup(cell) {
        Some(Damage::Markup)
    } else {
        blanks(cell)
    }
}

/// `\\u5f20`, as JSON may write 张, without the backslash.
fn is_code_point(rest: &str) -> bool {
    let digits = rest.strip_prefix('u').and_then(|rest| rest.get(..4));
    digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether a text holds what a web page or a program writes for a line break or a sign. A link is meant.
fn has_markup(cell: &str) -> bool {
    const TAGS: [&str; 11] = ["br", "p", "div", "span", "b", "i", "strong", "em", "font", "img", "li"];
    let tag = |rest: &str| {
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        TAGS.iter().any(|tag| tag.eq_ignore_ascii_case(&rest[..end]))
            && rest[end..].starts_with(['>', '/', ' '])
            && rest.contains('>')
    };
    let entity = |rest: &str| {
        let name = rest.split_once(';').map_or("", |(name, _)| name).trim_start_matches('#');
        (1..=8).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    // `photos\new.png` is a path.
    let escape = |rest: &str| rest.starts_with(['n', 'r', 't']) && !is_path(cell) || is_code_point(rest);
    cell.match_indices(['<', '&', '\\']).any(|(at, sign)| {
        let rest = &cell[at + 1..];
        match sign {
            "<" => tag(rest),
            "&" => entity(rest),
            _ => escape(rest),
        }
    })
}

/// Whether a text is a path of Windows: it names a drive, or ends in a file with an ending.
fn is_path(cell: &str) -> bool {
    let file = cell.rsplit(['\\', '/']).next().unwrap_or(cell);
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
    cell.get(1..3) == Some(":\\")
        || (2..=5).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The bytes that a blank can begin or end with.
fn is_edge(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0xC2 | 0xE3 | 0x80 | 0xA0 | 0x8B..=0x8D | 0xBF)
}

fn blanks(cell: &str) -> Option<Damage> {
    if cell.trim().len() < cell.len() && !cell.trim().is_empty() {
        Some(Damage::Blanks)
    } else {
        cell.chars().any(is_full_width).then_some(Damage::FullWidth)
    }
}

/// Whether a character has no width and no ink.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

fn is_full_width(c: char) -> bool {
    matches!(c, '\u{ff10}'..='\u{ff19}' | '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}')
}

/// Whether a text is one of the error values of spreadsheets.
pub(crate) fn is_error_value(cell: &str) -> bool {
    const VALUES: [&str; 16] = [
        "#REF!",
        "#N/A",
        "#NAME?",
        "#VALUE!",
        "#DIV/0!",
        "#NULL!",
        "#NUM!",
        "#SPILL!",
        "#GETTING_DATA",
        "#CALC!",
        "#BUSY!",
        "#FIELD!",
        "#UNKNOWN!",
        "#BLOCKED!",
        "#CONNECT!",
        "#PYTHON!",
    ];
    VALUES.contains(&cell)
}

/// Whether a text is a number as Excel writes it when it has no room: `6.22E+17`.
pub(crate) fn is_scientific(cell: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = cell.strip_prefix('-').unwrap_or(cell);
    let Some((mantissa, exponent)) = number.split_once('E') else { return false };
    let whole = mantissa.split_once('.').map_or(mantissa, |(whole, _)| whole);
    let fraction = mantissa.split_once('.').is_none_or(|(_, fraction)| digits(fraction));
    whole.len() == 1
        && digits(whole)
        && fraction
        && exponent.strip_prefix(['+', '-']).is_some_and(|exponent| exponent.len() > 1 && digits(exponent))
}

/// Whether a text is a date as Excel makes one of a code: `3-May`, `May-26`, `3月5日`, `2026/3/5`.
pub(crate) fn is_date(cell: &str) -> bool {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let bytes = cell.as_bytes();
    // What is none is told by what follows its first digits or letters.
    let likely = match bytes.iter().position(|byte| !byte.is_ascii_digit()) {
        Some(0) => bytes.len() == 6 && bytes[3] == b'-',
        // 月 begins with 0xE6.
        Some(at) => matches!((at, bytes[at]), (1..=2, b'-' | b'/' | 0xE6) | (4, b'/')),
        None => false,
    };
    if !likely || bytes.len() > 12 {
        return false;
    }
    let number =
        |text: &str, most: u32| text.len() < 5 && text.parse::<u32>().is_ok_and(|n| (1..=most).contains(&n));
    if let Some((month, day)) = cell.split_once('月') {
        return number(month, 12) && day.strip_suffix('日').is_some_and(|day| number(day, 31));
    }
    if let Some((a, b)) = cell.split_once('-') {
        return (number(a, 31) && MONTHS.contains(&b))
            || (MONTHS.contains(&a) && b.len() == 2 && number(b, 99));
    }
    let parts: Vec<&str> = cell.split('/').collect();
    match parts.as_slice() {
        [year, month, day] if year.len() == 4 => number(year, 9999) && number(month, 12) && number(day, 31),
        [month, day, year] if year.len() == 4 => number(year, 9999) && number(month, 12) && number(day, 31),
        _ => false,
    }
}

/// How a program writes a number or a time, where a spreadsheet would show it otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// A whole number with a point, `1001.0`.
    WholeWithPoint,
    /// Another number with a point.
    WithPoint,
    /// What calculating in binary leaves, `0.30000000000000004`.
    LongFraction,
    /// A day with the time of midnight, `2026-12-01 00:00:00`.
    Midnight,
    /// A day with another time.
    Time,
}

/// How a number with a point, or a day with a time, is written; nothing for any other text.
pub(crate) fn written(cell: &str) -> Option<Written> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = cell.strip_prefix('-').unwrap_or(cell);
    if !number.starts_with(|c: char| c.is_ascii_digit()) || !number.ends_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Some((day, time)) = cell.split_once([' ', 'T'])
        && day.len() >= 8
        && day.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'/'))
        && time.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'))
    {
        let nothing = time.bytes().all(|byte| !byte.is_ascii_digit() || byte == b'0');
        return Some(if nothing { Written::Midnight } else { Written::Time });
    }
    let (whole, fraction) = number.split_once('.')?;
    (digits(whole) && digits(fraction)).then_some(match fraction.len() {
        _ if fraction == "0" => Written::WholeWithPoint,
        0..13 => Written::WithPoint,
        _ => Written::LongFraction,
    })
}

/// How many zeros stand where a number of more than fifteen digits has lost what was there; nothing where it may not
/// have lost any.
pub(crate) fn lost_digits(digits: &str) -> Option<usize> {
    let (kept, tail) = digits.split_at_checked(15)?;
    (!tail.is_empty() && !kept.starts_with('0') && tail.bytes().all(|byte| byte == b'0'))
        .then_some(tail.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_told_and_sound_cells_are_left_alone() {
        use Damage::*;
        for (cell, damage) in [
            ("6.22E+17", Some(Scientific)),
            ("-1E-05", Some(Scientific)),
            ("1E5", None),
            ("12E+17", None),
            ("3E+1", None),
            ("#REF!", Some(ErrorValue)),
            ("#N/A", Some(ErrorValue)),
            ("#1 customer", None),
            ("#N/A ", Some(ErrorValue)),
            ("＃N/A", Some(ErrorValue)),
            ("#CALC!", Some(ErrorValue)),
            ("########", Some(TooNarrow)),
            ("#", None),
            ("=VLOOKUP(A1,B:C,2)", Some(Formula)),
            ("=$B$2*2", Some(Formula)),
            ("=1+1", None),
            ("=price", None),
            ("=姓名", None),
            ("[object Object]", Some(NullWord)),
            ("=DISPIMG(\"ID_4B7A7C5E\",1)", Some(Picture)),
            ("=_xlfn.DISPIMG(\"ID_4B7A7C5E\",1)", Some(Picture)),
            ("DISPIMG", None),
            ("'0012", Some(Apostrophe)),
            ("'=A1", Some(Apostrophe)),
            ("'tis", None),
            (" 张三", Some(Blanks)),
            ("张三\u{3000}", Some(Blanks)),
            ("张三\u{a0}", Some(Blanks)),
            ("张 三", None),
            ("张三\u{200b}", Some(Invisible)),
            ("\u{feff}A1", Some(Invisible)),
            ("SP\u{200b}RING", Some(Invisible)),
            ("👨\u{200d}👩\u{200d}👧", None),
            ("NULL", Some(NullWord)),
            ("\\N", Some(NullWord)),
            ("nan", Some(NullWord)),
            ("None", Some(NullWord)),
            ("<NA>", Some(NullWord)),
            ("Nancy", None),
            ("?", None),
            ("??", Some(Destroyed)),
            ("张\u{fffd}", Some(Destroyed)),
            ("锟斤拷", Some(Destroyed)),
            ("å¼\u{a0}ä¸‰", Some(Misread)),
            ("王\u{e863}", Some(PrivateUse)),
            ("小\u{202e}明", Some(Invisible)),
            ("张\u{200d}三", Some(Invisible)),
            ("=\"0012\"", Some(TextMark)),
            ("`0012", Some(TextMark)),
            ("`王`", None),
            ("第一行\\n第二行", Some(Markup)),
            ("hello\\nworld", Some(Markup)),
            ("\\u5f20\\u4e09", Some(Markup)),
            ("photos\\new.png", None),
            ("C:\\new", None),
            ("一<br/>二", Some(Markup)),
            ("一<BR>二", Some(Markup)),
            ("a&nbsp;b", Some(Markup)),
            ("a&#39;b", Some(Markup)),
            ("<a href=\"https://example.com\">x</a>", None),
            ("https://example.com/?a=1&b=2", None),
            ("A&B 公司; C", None),
            ("1 < 2 > 1", None),
            ("ＡＢ１２", Some(FullWidth)),
            ("您好，（王）！", None),
            ("“王”", None),
            ("SPRING-A1", None),
            ("13800138000", None),
            ("2026-03-31", None),
            ("   ", None),
            ("", None),
        ] {
            assert_eq!(look(cell, may_be_odd(cell.as_bytes())).damage, damage, "{cell:?}");
        }
        let digits = |cell: &str| look(cell, false).digits;
        assert!(digits("0123") && !digits("12a4") && !digits(""));
    }

    #[test]
    fn dates_that_excel_makes_of_codes_are_known() {
        for date in ["3-May", "31-Dec", "May-26", "3月5日", "12月31日", "2026/3/5", "3/5/2026"] {
            assert!(is_date(date), "{date}");
        }
        for code in [
            "3-5A",
            "A-26",
            "May-2026x",
            "13月5日",
            "2026-03-05",
            "3/5",
            "10-20",
            "100/200/300",
            "May",
            "3-may",
        ] {
            assert!(!is_date(code), "{code}");
        }
    }

    #[test]
    fn digits_are_lost_behind_the_fifteenth() {
        assert_eq!(lost_digits("622202123456789000"), Some(3));
        assert_eq!(lost_digits("6222021234567890"), Some(1));
        assert_eq!(lost_digits("622202123456789012"), None);
        assert_eq!(lost_digits("123456789012345"), None);
        assert_eq!(lost_digits("0000000000000000"), None);
    }
}
