//! Which encoding of the time before Unicode a text is in: GB18030, which includes GBK, or Big5, or one to ask about.
//!
//! Most of any of them is valid GB18030 by chance. What tells them apart is which characters come out: lists of people are
//! made of common ones. A detector that knows how often characters follow one another is one witness more.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{BIG5, Encoding, GB18030, GBK};

/// What a text of an old encoding is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Legacy {
    Sure(&'static Encoding),
    /// It reads as text in GB18030 and, more likely or as likely, in another.
    Unsure {
        other: &'static Encoding,
        /// The first words, in both.
        gb18030: String,
        read: String,
    },
}

/// Fewer characters than this tell a detector nothing.
const FEW: usize = 12;

/// Words outside ASCII, gathered until there are enough to tell by.
#[derive(Debug, Default)]
pub(crate) struct Words {
    bytes: Vec<u8>,
    word: Vec<u8>,
}

impl Words {
    const ENOUGH: usize = 64 * 1024;

    /// Takes the next bytes of the file. Gives whether more are wanted.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> bool {
        for byte in bytes {
            // No character of these encodings ends with a byte below the digits.
            if *byte >= b'0' {
                self.word.push(*byte);
            } else {
                self.settle();
            }
            if self.bytes.len() + self.word.len() > Self::ENOUGH {
                return false;
            }
        }
        true
    }

    fn settle(&mut self) {
        if !self.word.is_ascii() {
            self.bytes.append(&mut self.word);
            self.bytes.push(b'\n');
        }
        self.word.clear();
    }

    /// Whether it reads as nothing but common characters in GB18030.
    pub(crate) fn is_plain_chinese(&mut self) -> bool {
        self.settle();
        decoded(GB18030, &self.bytes).is_some() && count(&self.bytes, is_common_gb).rare == 0
    }

    /// What the words say.
    pub(crate) fn judge(&mut self) -> Legacy {
        self.settle();
        let bytes = &self.bytes;
        let gb = decoded(GB18030, bytes).map(|_| count(bytes, is_common_gb));
        let big5 = decoded(BIG5, bytes).map(|_| count(bytes, is_common_big5));
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(bytes, true);
        // Of few characters the detector goes by where the file is from.
        let few = gb.as_ref().is_none_or(|gb| gb.all < FEW);
        let guess = detector.guess(few.then_some(b"cn"), Utf8Detection::Deny);
        let says_gb = guess == GBK || guess == GB18030;
        let Some(gb) = gb else {
            return match big5 {
                Some(big5) if big5.rare * 3 <= big5.all => Legacy::Sure(BIG5),
                Some(_) | None => Legacy::Sure(GB18030),
            };
        };
        if gb.rare == 0 {
            return if says_gb || gb.all < FEW { Legacy::Sure(GB18030) } else { self.unsure(guess) };
        }
        match big5 {
            Some(big5) if big5.rare == 0 && gb.rare * 4 >= gb.all => Legacy::Sure(BIG5),
            Some(big5) if guess == BIG5 && big5.rare * 3 <= big5.all && gb.rare > big5.rare => {
                Legacy::Sure(BIG5)
            }
            Some(big5) if big5.rare < gb.rare => self.unsure(BIG5),
            Some(_) | None if says_gb => Legacy::Sure(GB18030),
            Some(_) | None if gb.rare * 10 > gb.all => self.unsure(guess),
            Some(_) | None if gb.all < FEW => Legacy::Sure(GB18030),
            Some(_) | None => self.unsure(guess),
        }
    }

    fn unsure(&self, other: &'static Encoding) -> Legacy {
        let words: Vec<&[u8]> = self.bytes.split(|byte| *byte == b'\n').take(3).collect();
        let words = words.join(&b' ');
        let read = |encoding: &'static Encoding| {
            encoding.decode_without_bom_handling(&words).0.trim().chars().take(20).collect()
        };
        Legacy::Unsure { other, gb18030: read(GB18030), read: read(other) }
    }
}

fn decoded(encoding: &'static Encoding, bytes: &[u8]) -> Option<()> {
    encoding.decode_without_bom_handling_and_without_replacement(bytes).map(|_| ())
}

struct Count {
    all: usize,
    rare: usize,
}

/// Counts the characters of two bytes, and those that are not common.
fn count(bytes: &[u8], is_common: impl Fn(u8, u8) -> bool) -> Count {
    let mut count = Count { all: 0, rare: 0 };
    let mut at = 0;
    while let Some(lead) = bytes.get(at) {
        if lead.is_ascii() {
            at += 1;
            continue;
        }
        let trail = bytes.get(at + 1).copied().unwrap_or(0);
        count.all += 1;
        count.rare += usize::from(!is_common(*lead, trail));
        // A character of four bytes has a digit for its second.
        at += if trail.is_ascii_digit() { 4 } else { 2 };
    }
    count
}

/// The characters and signs of GB 2312, without those of other scripts.
fn is_common_gb(lead: u8, trail: u8) -> bool {
    matches!(lead, 0xA1..=0xA3 | 0xB0..=0xF7) && trail >= 0xA1
}

/// The common characters of Big5 and its signs.
fn is_common_big5(lead: u8, trail: u8) -> bool {
    matches!(lead, 0xA1..=0xC5) || lead == 0xC6 && trail <= 0x7E
}

#[cfg(test)]
mod tests {
    use encoding_rs::{EUC_KR, SHIFT_JIS};

    use super::*;

    fn judged(text: &str, encoding: &'static Encoding) -> Legacy {
        let mut words = Words::default();
        words.take(&encoding.encode(text).0);
        words.judge()
    }

    #[test]
    fn names_in_gbk_are_sure_however_few_they_are() {
        for names in ["张三", "王伟", "李娜", "欧阳娜娜", "林志玲", "陈喆", "谢谢", "姓名,张三,北京市朝阳区"]
        {
            assert_eq!(judged(names, GBK), Legacy::Sure(GB18030), "{names}");
        }
        let many: String = "王伟,李娜,张敏,刘静,陈杰,杨洋,赵磊,黄勇,周涛,吴鹏,".repeat(20);
        assert_eq!(judged(&many, GBK), Legacy::Sure(GB18030));
        assert_eq!(judged(&format!("{many}朱镕基,陈喆"), GBK), Legacy::Sure(GB18030));
    }

    #[test]
    fn names_in_big5_are_read_in_it() {
        for names in ["陳大文", "王小明,林志玲,陳大文,黃美麗", "李嘉誠,張學友,劉德華,郭富城,黎明"]
        {
            assert_eq!(judged(names, BIG5), Legacy::Sure(BIG5), "{names}");
        }
    }

    #[test]
    fn other_encodings_are_asked_about() {
        let kanji = "田中さん,鈴木さん,佐藤さん,高橋さん,渡辺さん,";
        let hangul = "안녕하세요,김민수,이영희,박지성,최고의,감사합니다,";
        for (text, encoding) in [(kanji, SHIFT_JIS), (hangul, EUC_KR)] {
            let judged = judged(&text.repeat(5), encoding);
            assert!(matches!(judged, Legacy::Unsure { .. }), "{encoding:?}: {judged:?}");
        }
    }
}
