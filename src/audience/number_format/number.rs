//! A number by a section that is no date's.

use crate::audience::number_format::code::{Section, Token};
use crate::audience::number_format::decimal::{Decimal, general};

/// Stands for what is blank and only there for its width: left out at the ends.
const PAD: char = '\0';

/// Shows a number that is not negative; `negative` where it was. Nothing where it is not certain.
pub(super) fn show(section: &Section, value: f64, negative: bool) -> Option<String> {
    let tokens = section.tokens.as_slice();
    let count = |wanted: fn(&Token) -> bool| tokens.iter().filter(|token| wanted(token)).count();
    let digits = count(|token| matches!(token, Token::Digit(_)));
    let general = count(|token| matches!(token, Token::General | Token::Text));
    let shown = if digits == 0 {
        if general > 1
            || count(|token| {
                matches!(token, Token::Point | Token::Comma | Token::Slash | Token::Exponent { .. })
            }) > 0
        {
            return None;
        }
        plain(tokens, value)?
    } else if general > 0 {
        return None;
    } else if tokens.contains(&Token::Slash) {
        return fraction(tokens, value).map(|shown| finish(&shown).trim().to_owned());
    } else if count(|token| matches!(token, Token::Exponent { .. })) > 0 {
        scientific(tokens, value)?
    } else {
        Layout::new(tokens)?.show(value, negative)?
    };
    Some(finish(&shown))
}

/// Whether a section shows powers of ten.
pub(super) fn is_scientific(section: &Section) -> bool {
    section.tokens.iter().any(|token| matches!(token, Token::Exponent { .. }))
}

/// Whether a section divides by a thousand, or by more.
pub(super) fn is_scaled(section: &Section) -> bool {
    !section.is_date()
        && !is_scientific(section)
        && Layout::new(&section.tokens).is_some_and(|layout| layout.places < 0)
}

fn finish(shown: &str) -> String {
    shown.trim_matches(PAD).replace(PAD, " ")
}

/// Texts, and the number as it is without a format.
fn plain(tokens: &[Token], value: f64) -> Option<String> {
    let mut shown = String::new();
    for token in tokens {
        match token {
            Token::General | Token::Text => shown.push_str(&general(value)?),
            Token::Literal(text) => shown.push_str(text),
            Token::Percent => shown.push('%'),
            Token::Pad => shown.push(PAD),
            _ => return None,
        }
    }
    Some(shown)
}

/// The parts of a format for a plain number.
struct Layout<'t> {
    before: &'t [Token],
    whole: Vec<&'t Token>,
    point: bool,
    decimals: Vec<&'t Token>,
    after: &'t [Token],
    thousands: bool,
    places: i32,
}

impl<'t> Layout<'t> {
    fn new(tokens: &'t [Token]) -> Option<Self> {
        let is_number = |token: &Token| matches!(token, Token::Digit(_) | Token::Point);
        let first = tokens.iter().position(is_number)?;
        let mut last = tokens.iter().rposition(is_number)?;
        let mut scale = 0;
        // Commas behind the last digit divide by a thousand each.
        while tokens.get(last + 1) == Some(&Token::Comma) {
            (last, scale) = (last + 1, scale + 1);
        }
        let (before, number) = tokens.split_at(first);
        let (number, after) = number.split_at(last + 1 - first);
        let number = &number[..number.len() - scale];
        let mut points =
            number.iter().enumerate().filter(|(_, token)| **token == Token::Point).map(|(at, _)| at);
        let point = points.next();
        if points.next().is_some() {
            return None;
        }
        let (mut whole, decimals) = match point {
            Some(at) => (&number[..at], &number[at + 1..]),
            None => (number, &[][..]),
        };
        while let [rest @ .., Token::Comma] = whole {
            (whole, scale) = (rest, scale + 1);
        }
        let thousands = whole.contains(&Token::Comma);
        let known =
            |token: &&Token| matches!(token, Token::Digit(_) | Token::Comma | Token::Literal(_) | Token::Pad);
        let known_decimal =
            |token: &&Token| matches!(token, Token::Digit(_) | Token::Literal(_) | Token::Pad);
        let percents = tokens.iter().filter(|token| **token == Token::Percent).count();
        let apart = |token: &Token| matches!(token, Token::Literal(_) | Token::Pad | Token::Percent);
        if !whole.iter().all(|token| known(&token))
            || !decimals.iter().all(|token| known_decimal(&token))
            || !before.iter().chain(after).all(apart)
            || thousands && whole.iter().any(|token| matches!(token, Token::Literal(_) | Token::Pad))
            || !ordered(whole.iter())
            || !ordered(decimals.iter().rev())
            || percents > 1
        {
            return None;
        }
        let places = i32::try_from(percents).ok()? * 2 - i32::try_from(scale).ok()? * 3;
        let whole = whole.iter().filter(|token| **token != Token::Comma).collect();
        let decimals = decimals.iter().collect();
        Some(Self { before, whole, point: point.is_some(), decimals, after, thousands, places })
    }

    fn show(&self, value: f64, negative: bool) -> Option<String> {
        let mut decimal = Decimal::new(value)?;
        decimal.shift(self.places);
        let places = self.decimals.iter().filter(|token| matches!(token, Token::Digit(_))).count();
        let (whole, fraction) = decimal.rounded(places)?;
        // Some programs show a minus sign before a zero, others none.
        if negative && whole.is_empty() && fraction.iter().all(|digit| *digit == 0) {
            return None;
        }
        let mut shown = String::new();
        apart(self.before, &mut shown);
        shown.push_str(&self.whole(&whole));
        if self.point {
            shown.push('.');
        }
        shown.push_str(&self.fraction(&fraction));
        apart(self.after, &mut shown);
        Some(shown)
    }

    fn whole(&self, digits: &[u8]) -> String {
        let mut left = digits.iter().rev().map(|digit| char::from(b'0' + digit));
        let (mut reversed, mut count) = (String::new(), 0);
        let mut push = |reversed: &mut String, c: char| {
            if self.thousands && count > 0 && count % 3 == 0 {
                // A blank digit leaves its comma blank, too.
                reversed.push(if c == PAD { PAD } else { ',' });
            }
            reversed.push(c);
            count += 1;
        };
        let first = self.whole.iter().position(|token| matches!(token, Token::Digit(_)));
        for (at, token) in self.whole.iter().enumerate().rev() {
            match token {
                Token::Digit(kind) => {
                    match (left.next(), kind) {
                        (Some(digit), _) => push(&mut reversed, digit),
                        (None, '0') => push(&mut reversed, '0'),
                        (None, '?') => push(&mut reversed, PAD),
                        (None, _) => {}
                    }
                    if Some(at) == first {
                        left.by_ref().for_each(|digit| push(&mut reversed, digit));
                    }
                }
                Token::Literal(text) => reversed.extend(text.chars().rev()),
                _ => reversed.push(PAD),
            }
        }
        left.for_each(|digit| push(&mut reversed, digit));
        reversed.chars().rev().collect()
    }

    fn fraction(&self, digits: &[u8]) -> String {
        let significant = digits.iter().rposition(|digit| *digit != 0).map_or(0, |at| at + 1);
        let mut shown = String::new();
        let mut at = 0;
        for token in &self.decimals {
            match token {
                Token::Digit(kind) => {
                    match digits.get(at) {
                        Some(digit) if at < significant || *kind == '0' => {
                            shown.push(char::from(b'0' + digit))
                        }
                        _ if *kind == '?' => shown.push(PAD),
                        _ => {}
                    }
                    at += 1;
                }
                Token::Literal(text) => shown.push_str(text),
                _ => shown.push(PAD),
            }
        }
        shown
    }
}

fn apart(tokens: &[Token], shown: &mut String) {
    for token in tokens {
        match token {
            Token::Literal(text) => shown.push_str(text),
            Token::Percent => shown.push('%'),
            _ => shown.push(PAD),
        }
    }
}

/// Whether the digits that are always shown stand together, on the side of the point.
fn ordered<'t>(mut tokens: impl Iterator<Item = &'t Token>) -> bool {
    let mut zero = false;
    tokens.all(|token| {
        let wrong = zero && matches!(token, Token::Digit('#' | '?'));
        zero |= *token == Token::Digit('0');
        !wrong
    })
}

/// `0.00E+00`.
fn scientific(tokens: &[Token], value: f64) -> Option<String> {
    let split = tokens.iter().position(|token| matches!(token, Token::Exponent { .. }))?;
    let Token::Exponent { plus } = tokens[split] else { return None };
    let (mantissa, exponent) = (Layout::new(&tokens[..split])?, &tokens[split + 1..]);
    let width = exponent.iter().take_while(|token| **token == Token::Digit('0')).count();
    let rest = &exponent[width..];
    let is_apart = |token: &Token| matches!(token, Token::Literal(_) | Token::Pad);
    if mantissa.whole != [&Token::Digit('0')]
        || mantissa.places != 0
        || !mantissa.after.is_empty()
        || width == 0
        || !rest.iter().all(is_apart)
    {
        return None;
    }
    let mut decimal = Decimal::new(value)?;
    let mut power = decimal.magnitude().map_or(0, |magnitude| magnitude - 1);
    decimal.shift(-power);
    let places = mantissa.decimals.len();
    if decimal.rounded(places)?.0.len() > 1 {
        decimal.shift(-1);
        power += 1;
    }
    let (whole, fraction) = decimal.rounded(places)?;
    let mut shown = String::new();
    apart(mantissa.before, &mut shown);
    shown.push_str(&mantissa.whole(&whole));
    if mantissa.point {
        shown.push('.');
    }
    shown.push_str(&mantissa.fraction(&fraction));
    let sign = if power < 0 {
        "-"
    } else if plus {
        "+"
    } else {
        ""
    };
    shown.push_str(&format!("E{sign}{:0width$}", power.abs()));
    apart(rest, &mut shown);
    Some(shown)
}

/// `# ?/?` and `# ?/8`.
fn fraction(tokens: &[Token], value: f64) -> Option<String> {
    let slash = tokens.iter().position(|token| *token == Token::Slash)?;
    let is_digit = |token: &Token| matches!(token, Token::Digit(_));
    let above = tokens[..slash].iter().rev().take_while(|token| is_digit(token)).count();
    let (front, _) = tokens[..slash].split_at(slash - above);
    let (limit, fixed, rest) = match &tokens[slash + 1..] {
        [Token::Denominator(number), rest @ ..] => (*number, true, rest),
        rest => {
            let width = rest.iter().take_while(|token| is_digit(token)).count();
            (10u32.checked_pow(u32::try_from(width).ok()?)?.checked_sub(1)?, false, &rest[width..])
        }
    };
    let whole = front.iter().filter(|token| is_digit(token)).count();
    let known = |token: &Token| is_digit(token) || matches!(token, Token::Literal(_) | Token::Pad);
    if above == 0
        || limit == 0
        || limit > 999
        || whole > 1
        || value >= 1e9
        || !front.iter().all(known)
        || !rest.iter().all(|token| matches!(token, Token::Literal(_) | Token::Pad))
    {
        return None;
    }
    let (number, part) = if whole == 1 { (value.trunc(), value.fract()) } else { (0.0, value) };
    let distance = |denominator: u32| {
        let numerator = (part * f64::from(denominator)).round();
        (numerator, (part - numerator / f64::from(denominator)).abs())
    };
    let candidates = if fixed { limit..=limit } else { 1..=limit };
    let denominator = candidates.min_by(|a, b| distance(*a).1.total_cmp(&distance(*b).1))?;
    let (numerator, _) = distance(denominator);
    let carried = whole == 1 && numerator >= f64::from(denominator);
    let (number, numerator) = if carried { (number + 1.0, 0.0) } else { (number, numerator) };
    let mut shown = String::new();
    for token in front {
        match token {
            Token::Digit('0') => shown.push_str(&format!("{number:.0}")),
            Token::Digit(_) if number > 0.0 || numerator == 0.0 => shown.push_str(&format!("{number:.0}")),
            Token::Literal(text) => shown.push_str(text),
            _ => {}
        }
    }
    if numerator > 0.0 || whole == 0 {
        shown.push_str(&format!("{numerator:>above$.0}/{denominator}"));
    }
    apart(rest, &mut shown);
    Some(shown)
}
