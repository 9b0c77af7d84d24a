//! Columns that hold names of people, told by what they are called.

/// Whether a column by this name holds names of people.
pub(super) fn is_name(column: &str) -> bool {
    const WORDS: [&str; 8] = ["姓名", "名字", "昵称", "称呼", "联系人", "收货人", "会员名", "name"];
    let column = column.to_lowercase();
    WORDS.iter().any(|word| column.contains(word))
}

/// What stands in the first cell of a row that is nobody's: a sum, or a note below the list.
const NOBODY: [&str; 16] = [
    "合计", "总计", "小计", "共计", "总数", "汇总", "备注", "注：", "注:", "说明", "制表", "填表", "统计",
    "total", "sum", "note",
];

/// Whether what stands in the place of an openid begins a row that is nobody's.
pub(crate) fn is_nobody(text: &str) -> bool {
    let word: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let word = word.to_lowercase();
    NOBODY.iter().any(|known| word.starts_with(known))
}
