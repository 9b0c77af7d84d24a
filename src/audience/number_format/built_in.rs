//! The formats that workbooks name by a number alone.

use crate::audience::number_format::{NumberFormat, code};

impl NumberFormat {
    /// The format that has this number in every workbook. Dates that a program words by its language are those of Excel in
    /// China (ECMA-376 part 1, 18.8.30, zh-cn; 14 and 22 as Windows has them there); of other formats the sections that
    /// differ are unknown.
    pub(crate) fn built_in(id: u32) -> Self {
        let code = match id {
            0 => "General",
            1 => "0",
            2 => "0.00",
            3 => "#,##0",
            4 => "#,##0.00",
            9 => "0%",
            10 => "0.00%",
            11 => "0.00E+00",
            12 => "# ?/?",
            13 => "# ??/??",
            14 => return Self::regional("yyyy/m/d"),
            15 => "d-mmm-yy",
            16 => "d-mmm",
            17 => "mmm-yy",
            18 => "h:mm AM/PM",
            19 => "h:mm:ss AM/PM",
            20 => "h:mm",
            21 => "h:mm:ss",
            22 => return Self::regional("yyyy/m/d h:mm"),
            27 | 36 | 50 | 52 | 57 => return Self::regional("yyyy\"年\"m\"月\""),
            28 | 29 | 51 | 53 | 54 | 58 => return Self::regional("m\"月\"d\"日\""),
            30 => return Self::regional("m-d-yy"),
            31 => return Self::regional("yyyy\"年\"m\"月\"d\"日\""),
            32 => return Self::regional("h\"时\"mm\"分\""),
            33 => return Self::regional("h\"时\"mm\"分\"ss\"秒\""),
            34 | 55 => return Self::regional("上午/下午h\"时\"mm\"分\""),
            35 | 56 => return Self::regional("上午/下午h\"时\"mm\"分\"ss\"秒\""),
            37 | 38 => return Self::differing("#,##0;(#,##0)", &[1]),
            39 | 40 => return Self::differing("#,##0.00;(#,##0.00)", &[1]),
            41 => return Self::differing("#,##0;-#,##0;\"-\";@", &[1]),
            43 => return Self::differing("#,##0.00;-#,##0.00;\"-\";@", &[1]),
            45 => "mm:ss",
            46 => "[h]:mm:ss",
            47 => return Self::regional("mm:ss.0"),
            48 => "##0.0E+0",
            49 => "@",
            5..=8 | 42 | 44 => return Self::differing("$#,##0.00", &[0]),
            id => return Self::differing(&id.to_string(), &[0]),
        };
        Self::new(code)
    }

    /// A format that each computer words by its own language, in the words of Excel in China.
    fn regional(code: &str) -> Self {
        let mut sections = code::sections(code);
        sections.iter_mut().for_each(|section| section.regional = true);
        Self { code: code.into(), sections: sections.into() }
    }

    /// A format whose sections of these numbers are not the same everywhere.
    fn differing(code: &str, unsure: &[usize]) -> Self {
        let mut sections = code::sections(code);
        for number in unsure {
            if let Some(section) = sections.get_mut(*number) {
                section.certain = false;
            }
        }
        Self { code: code.into(), sections: sections.into() }
    }

    /// The format that a file numbers so, where `own` is what the file itself says of it. What a program words by its own
    /// language it words so whatever the file says.
    pub(crate) fn of_file(id: u32, own: Option<&Self>) -> Self {
        let worded = matches!(id, 0..=4 | 9..=22 | 37..=40 | 45..=49);
        own.filter(|_| !worded).cloned().unwrap_or_else(|| Self::built_in(id))
    }
}
