//! Columns that hold names of people, told by what they are called.

/// Whether a column by this name holds names of people.
pub(crate) fn is_name(column: &str) -> bool {
    const WORDS: [&str; 8] = ["姓名", "名字", "昵称", "称呼", "联系人", "收货人", "会员名", "name"];
    let column = column.to_lowercase();
    WORDS.iter().any(|word| column.contains(word))
}

/// What stands in the first cell of a row that is nobody's: a sum, or a note below the list.
const NOBODY: [&str; 16] = [
    "合计", "总计", "小计", "共计", "总数", "汇总", "备注", "注：", "注:", "说明", "制表", "填表", "统计",
    "total", "sum", "note",
];

/// Whether what stands in the place of an openid begins a row that is nobody's: a sum, a note, or the names of the columns
/// once more, where two lists were put one below the other. `column` is the name of the openids' own.
pub(crate) fn is_nobody(text: &str, column: &str) -> bool {
    let word: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let word = word.to_lowercase();
    // Excel writes `北京 汇总` below each group.
    const SUMS: [&str; 4] = ["汇总", "合计", "小计", "总计"];
    NOBODY.iter().any(|known| word.starts_with(known))
        || SUMS.iter().any(|known| word.ends_with(known))
        || text.trim() == column
}
