//! "Did you mean": the nearest of the words that would have been right.

/// The candidate nearest to `word`, when it is near enough to be a slip of the hand: the same but for case,
/// blanks and full-width letters, or at most a third of its letters wrong.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let plain = fold(word);
    let allowed = (plain.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&plain, &fold(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate.to_owned())
}

fn fold(word: &str) -> String {
    word.trim().chars().map(narrow).collect::<String>().to_lowercase().replace(['-', ' '], "_")
}

/// The ASCII character that a full-width one of a Chinese input method stands for.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_finds_its_word_and_a_stranger_none() {
        assert_eq!(nearest("nmae", ["name", "code"]).as_deref(), Some("name"));
        assert_eq!(nearest("OpenID ", ["openid"]).as_deref(), Some("openid"));
        assert_eq!(nearest("openid", ["姓名", "ｏｐｅｎｉｄ"]).as_deref(), Some("ｏｐｅｎｉｄ"));
        assert_eq!(nearest("姓", ["姓名"]).as_deref(), Some("姓名"));
        assert_eq!(nearest("weather", ["name", "code"]), None);
    }

    #[test]
    fn a_single_letter_is_never_taken_for_another() {
        assert_eq!(nearest("a", ["b"]), None);
    }
}
