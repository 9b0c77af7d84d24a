//! "Did you mean": the nearest of the words that would have been right.

/// The candidate nearest to `word`, when it is near enough to be a slip of the hand: the same but for case
/// and blanks, or at most a third of its letters wrong.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
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
    word.trim().to_lowercase().replace(['-', ' '], "_")
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_finds_its_word_and_a_stranger_none() {
        assert_eq!(nearest("nmae", ["name", "code"]).as_deref(), Some("name"));
        assert_eq!(nearest("OpenID ", ["openid"]).as_deref(), Some("openid"));
        assert_eq!(nearest("姓", ["姓名"]).as_deref(), Some("姓名"));
        assert_eq!(nearest("weather", ["name", "code"]), None);
    }

    #[test]
    fn a_single_letter_is_never_taken_for_another() {
        assert_eq!(nearest("a", ["b"]), None);
    }
}
