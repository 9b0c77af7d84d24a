//! The words in which lists say yes and no.

/// Words for yes, each with its no.
pub(super) const PAIRS: &[(&str, &str)] = &[
    ("是", "否"),
    ("是", "不是"),
    ("有", "无"),
    ("有", "没有"),
    ("真", "假"),
    ("对", "错"),
    ("TRUE", "FALSE"),
    ("True", "False"),
    ("true", "false"),
    ("Yes", "No"),
    ("YES", "NO"),
    ("yes", "no"),
    ("Y", "N"),
    ("y", "n"),
    ("1", "0"),
    ("√", "×"),
    ("√", "-"),
    ("√", "—"),
    ("√", "/"),
    ("✓", "✗"),
    ("✔", "✘"),
];

/// What a no begins with whose rest is the yes: 非会员, 未购.
pub(super) const NEGATIONS: [&str; 6] = ["非", "未", "不", "没有", "没", "无"];
