//! Columns that hold names of people, told by what they are called.

/// Whether a column by this name holds names of people.
pub(super) fn is_name(column: &str) -> bool {
    const WORDS: [&str; 8] = ["姓名", "名字", "昵称", "称呼", "联系人", "收货人", "会员名", "name"];
    let column = column.to_lowercase();
    WORDS.iter().any(|word| column.contains(word))
}
