//! Signs of other languages, and the helpers that mean the same.

/// The helper that means the same as a sign. In full width Handlebars takes signs for names.
pub(super) fn helper_of(sign: &str) -> Option<&'static str> {
    match sign {
        "==" | "===" | "=" | "＝" | "＝＝" => Some("eq"),
        "!=" | "!==" | "<>" | "≠" | "！＝" | "！=" => Some("ne"),
        ">" | "＞" => Some("gt"),
        ">=" | "≥" | "＞＝" | "＞=" => Some("gte"),
        "<" | "＜" => Some("lt"),
        "<=" | "≤" | "＜＝" | "＜=" => Some("lte"),
        "&&" | "＆＆" => Some("and"),
        "||" | "｜｜" => Some("or"),
        _ => None,
    }
}
