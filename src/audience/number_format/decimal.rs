//! Numbers in decimal, with the fifteen digits that spreadsheets keep.

/// A number of this many digits and more has lost digits.
pub(crate) const TOO_LONG: f64 = 1e15;

/// How many characters a spreadsheet gives a number without a format, its sign not counted.
const GENERAL_WIDTH: usize = 11;

/// A number that is not negative: its digits, and how many of them stand before the point.
#[derive(Debug, Clone)]
pub(super) struct Decimal {
    digits: Vec<u8>,
    point: i32,
}

impl Decimal {
    pub(super) fn new(value: f64) -> Option<Self> {
        if !value.is_finite() || value < 0.0 {
            return None;
        }
        let text = format!("{value:.14e}");
        let (mantissa, exponent) = text.split_once('e')?;
        let digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect();
        Some(Self { digits, point: exponent.parse::<i32>().ok()? + 1 })
    }

    /// Moves the point so many places to the right.
    pub(super) fn shift(&mut self, places: i32) {
        self.point += places;
    }

    /// How many digits stand before the point; 0 or less for a number below one.
    pub(super) fn magnitude(&self) -> Option<i32> {
        let first = self.digits.iter().position(|digit| *digit != 0)?;
        Some(self.point - i32::try_from(first).ok()?)
    }

    /// The digits before the point, without leading zeros, and so many behind it, a half rounded up.
    pub(super) fn rounded(&self, decimals: usize) -> Option<(Vec<u8>, Vec<u8>)> {
        let decimals_i = i32::try_from(decimals).ok()?;
        if self.point.abs() > 400 || decimals > 400 {
            return None;
        }
        let at = |place: i32| {
            usize::try_from(place + self.point - 1)
                .ok()
                .and_then(|index| self.digits.get(index))
                .copied()
                .unwrap_or(0)
        };
        // Place 0 is the last digit before the point, 1 the first behind it.
        let first = (1 - self.point).min(0);
        let mut digits: Vec<u8> = (first..=decimals_i).map(at).collect();
        if at(decimals_i + 1) >= 5 {
            let mut carry = true;
            for digit in digits.iter_mut().rev() {
                if !carry {
                    break;
                }
                carry = *digit == 9;
                *digit = if carry { 0 } else { *digit + 1 };
            }
            if carry {
                digits.insert(0, 1);
            }
        }
        let fraction = digits.split_off(digits.len() - decimals);
        let zeros = digits.iter().take_while(|digit| **digit == 0).count();
        Some((digits.split_off(zeros), fraction))
    }
}

/// A number without a format, where every program shows it with all its digits: in eleven characters, and neither tiny
/// nor huge. Others are cut to the width of their column.
pub(crate) fn general(value: f64) -> Option<String> {
    let text = bare(value);
    let length = text.trim_start_matches('-').len();
    let tiny = value != 0.0 && value.abs() < 1e-4;
    (length <= GENERAL_WIDTH && !tiny && value.is_finite()).then_some(text)
}

/// A number with fifteen digits, without exponent and without a trailing `.0`.
pub(crate) fn bare(value: f64) -> String {
    let shown = if value.abs() < TOO_LONG { format!("{value:.14e}").parse().unwrap_or(value) } else { value };
    // -0 is what is left of a rounded difference.
    let shown = if shown == 0.0 { 0.0 } else { shown };
    shown.to_string()
}
