//! What is shown, checked against what Excel shows.

use super::decimal::general;
use super::*;

fn shown(value: f64, code: &str) -> Option<String> {
    NumberFormat::new(code).show(value, Epoch::Of1900)
}

#[test]
fn numbers_are_shown_as_excel_shows_them() {
    for (value, code, text) in [
        (41176.0, "000000", "041176"),
        (0.9, "0%", "90%"),
        (0.125, "0.0%", "12.5%"),
        (18472.66, "¥#,##0.00", "¥18,472.66"),
        (18472.66, "\"¥\"#,##0.00", "¥18,472.66"),
        (18472.66, "[$¥-804]#,##0.00", "¥18,472.66"),
        (-18472.66, "[$¥-804]#,##0.00", "-¥18,472.66"),
        (1234.5, "_ ¥* #,##0.00_ ;_ ¥* -#,##0.00_ ;_ ¥* \"-\"??_ ;_ @_ ", "¥1,234.50"),
        (0.0, "_ ¥* #,##0.00_ ;_ ¥* -#,##0.00_ ;_ ¥* \"-\"??_ ;_ @_ ", "¥-"),
        (-1234.5, "#,##0.00_);[Red]\\(#,##0.00\\)", "(1,234.50)"),
        (1.005, "0.00", "1.01"),
        (2.675, "0.00", "2.68"),
        (0.5, "0", "1"),
        (0.5, "#.00", ".50"),
        (12.5, ".00", "12.50"),
        (5.0, "0.#", "5."),
        (123456.0, "0\\.0,\"万\"", "12.3万"),
        (1_234_567.0, "#,##0,\"千\"", "1,235千"),
        (1_234_567.0, "0.0,,\"M\"", "1.2M"),
        (13_800_138_000.0, "000\\-0000\\-0000", "138-0013-8000"),
        (5.0, "General\"元\"", "5元"),
        (5.5, "G/通用格式\"元\"", "5.5元"),
        (5.0, "@", "5"),
        (123456.0, "0.00E+00", "1.23E+05"),
        (0.00012, "0.0E+0", "1.2E-4"),
        (9.996, "0.00E+00", "1.00E+01"),
        (1.5, "# ?/?", "1 1/2"),
        (0.5, "# ?/?", "1/2"),
        (3.0, "# ?/?", "3"),
        (0.333, "# ??/??", "1/3"),
        (0.75, "# ?/8", "6/8"),
        (1.0, "[=1]\"男\";[=2]\"女\"", "男"),
        (2.0, "[=1]\"男\";[=2]\"女\"", "女"),
        (60.0, "[>=60]\"及格\";\"不及格\"", "及格"),
        (59.0, "[>=60]\"及格\";\"不及格\"", "不及格"),
        (0.0, "0;-0;;@", ""),
        (0.0, "0;-0;\"-\"", "-"),
        (7.0, "\"第\"0\"名\"", "第7名"),
        (12.0, "0.00\"折\"", "12.00折"),
    ] {
        assert_eq!(shown(value, code).as_deref(), Some(text), "{value} as {code}");
    }
}

#[test]
fn dates_and_times_are_shown_as_excel_shows_them() {
    let at = 46_086.770_833_333_336;
    for (value, code, text) in [
        (at, "yyyy-mm-dd", "2026-03-05"),
        (at, "yyyy/m/d h:mm", "2026/3/5 18:30"),
        (at, "yyyy\"年\"m\"月\"d\"日\"", "2026年3月5日"),
        (at, "m\"月\"d\"日\";@", "3月5日"),
        (at, "[$-804]aaaa", "星期四"),
        (at, "[$-804]e\"年\"", "2026年"),
        (at, "[$-409]d-mmm-yy;@", "5-Mar-26"),
        (at, "h:mm AM/PM", "6:30 PM"),
        (at, "上午/下午h\"时\"mm\"分\"", "下午6时30分"),
        (at, "[$-409]dddd", "Thursday"),
        (0.5, "h:mm", "12:00"),
        (1.5, "[h]:mm:ss", "36:00:00"),
        (0.000_011_574, "mm:ss", "00:01"),
        (0.25, "hh:mm:ss.00", "06:00:00.00"),
        (46_086.999_999_999, "yyyy-mm-dd hh:mm:ss", "2026-03-06 00:00:00"),
    ] {
        assert_eq!(shown(value, code).as_deref(), Some(text), "{value} as {code}");
    }
    assert_eq!(NumberFormat::new("yyyy-mm-dd").show(44_624.0, Epoch::Of1904).as_deref(), Some("2026-03-05"));
}

#[test]
fn what_programs_show_differently_is_not_shown() {
    for (value, code) in [
        (60.0, "yyyy-mm-dd"),
        (1.0, "yyyy-mm-dd"),
        (-1.0, "yyyy-mm-dd"),
        (46_086.0, "[$-411]aaaa"),
        (46_086.0, "[$-804]mmm"),
        (46_086.0, "[$-404]e\"年\""),
        (46_086.0, "ggge\"年\""),
        (46_086.0, "mmmmm"),
        (46_086.0, "[DBNum1][$-804]yyyy\"年\""),
        (5.0, "[DBNum2][$-804]General"),
        (123_456.0, "0!.0,\"万\""),
        (-0.001, "0.00"),
        (-5.0, "[>=60]0;0.0"),
        (3.0, "[=1]\"男\";[=2]\"女\""),
        (1.0 / 3.0, "General"),
        (123_456_789_012.0, "General"),
        (0.000_01, "General"),
        (12_345.0, "##0.0E+0"),
        (-3.0, "\"x\""),
    ] {
        assert_eq!(shown(value, code), None, "{value} as {code}");
    }
    for id in [5, 44, 23, 59, 100] {
        assert_eq!(NumberFormat::built_in(id).show(46_086.0, Epoch::Of1900), None, "{id}");
    }
    for id in 37..=44 {
        assert_eq!(NumberFormat::built_in(id).show(-5.0, Epoch::Of1900), None, "{id}");
    }
    assert!([14, 22, 31, 58].iter().all(|id| NumberFormat::built_in(*id).is_date()));
    assert!(["aaaa", "e\"年\"", "[h]:mm"].iter().all(|code| NumberFormat::new(code).is_date()));
    assert!(!NumberFormat::new("[Red]0\"d\"").is_date());
}

#[test]
fn what_each_computer_words_its_own_way_is_worded_as_in_china_and_known_to_be() {
    let regional = |format: &NumberFormat| {
        format.is_regional().then(|| format.show(46_086.770_833_333_336, Epoch::Of1900)).flatten()
    };
    for (id, text) in [
        (14, "2026/3/5"),
        (15, "5-Mar-26"),
        (16, "5-Mar"),
        (17, "Mar-26"),
        (22, "2026/3/5 18:30"),
        (30, "3-5-26"),
        (32, "18时30分"),
        (35, "下午6时30分00秒"),
        (36, "2026年3月"),
        (47, "30:00.0"),
        (50, "2026年3月"),
        (51, "3月5日"),
        (52, "2026年3月"),
        (53, "3月5日"),
        (54, "3月5日"),
        (55, "下午6时30分"),
        (56, "下午6时30分00秒"),
    ] {
        assert_eq!(regional(&NumberFormat::built_in(id)).as_deref(), Some(text), "{id}");
    }
    for (code, text) in [
        ("dddd", "Thursday"),
        ("aaa", "四"),
        ("mmmm d", "March 5"),
        ("[$-F800]x", "2026年3月5日"),
        ("[$-x-sysdate]dddd, mmmm dd, yyyy", "2026年3月5日"),
        ("[$-F400]h:mm:ss AM/PM", "18:30:00"),
        ("[$-x-systime]h:mm:ss AM/PM", "18:30:00"),
    ] {
        assert_eq!(regional(&NumberFormat::new(code)).as_deref(), Some(text), "{code}");
    }
    for code in ["yyyy/m/d", "[$-804]aaaa", "[$-409]d-mmm-yy", "0.00", "h:mm AM/PM"] {
        assert!(!NumberFormat::new(code).is_regional(), "{code}");
    }
    assert!(!NumberFormat::of_file(31, Some(&NumberFormat::new("yyyy-mm"))).is_regional());
}

#[test]
fn texts_are_shown_by_the_section_for_texts() {
    let text = |code: &str| NumberFormat::new(code).show_text("张三").map(Cow::into_owned);
    assert_eq!(text("General").as_deref(), Some("张三"));
    assert_eq!(text("0.00").as_deref(), Some("张三"));
    assert_eq!(text("\"VIP \"@").as_deref(), Some("VIP 张三"));
    assert_eq!(text("_ * 0_ ;_ * -0_ ;_ * \"-\"_ ;_ @_ ").as_deref(), Some("张三"));
    assert_eq!(text(";;;").as_deref(), Some(""));
}

#[test]
fn numbers_without_a_format_have_fifteen_digits() {
    for (value, text) in [
        (1.0, "1"),
        (-0.0, "0"),
        (12.5, "12.5"),
        (0.1 + 0.2, "0.3"),
        (1e-7, "0.0000001"),
        (999_999_999_999_999.0, "999999999999999"),
        (622_000_000_000_000_000.0, "622000000000000000"),
        (1_234.567_89, "1234.56789"),
    ] {
        assert_eq!(bare(value), text);
    }
    assert_eq!(general(13_800_138_000.0).as_deref(), Some("13800138000"));
}
