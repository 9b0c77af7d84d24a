//! Encodings by rule, with files that real programs wrote.

use std::fs;

use crate::support::{World, openid, repository};

fn planned(world: &World) -> (String, String) {
    let shown = world.run(&["plan", "campaign.toml"]).exits(0).stdout;
    let line = |name: &str| shown.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    (line("Encoding:").trim().to_owned(), line("Digest:").trim().to_owned())
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(repository().join("tests/fixtures").join(name)).expect("a fixture")
}

fn world(bytes: impl AsRef<[u8]>) -> World {
    let world = World::new();
    world.text_campaign("您好 {{姓名}}", "");
    world.file("audience.csv", bytes);
    world
}

#[test]
fn files_of_python_and_libreoffice_are_read_in_the_encoding_they_are_in() {
    let rows = |names: &[&str]| {
        let rows = names.iter().enumerate().map(|(index, name)| format!("{},\"{name}\"\r\n", openid(index)));
        format!("openid,姓名\r\n{}", rows.collect::<String>())
    };
    let four = planned(&world(rows(&["张三", "李四 小姐", "欧阳娜娜", "㐂𠮷😀"]))).1;
    let three = planned(&world(rows(&["张三", "李四 小姐", "欧阳娜娜"]))).1;
    let comma = planned(&world(rows(&["张三", "李四, 小姐", "欧阳娜娜"]))).1;
    for (name, encoding, digest) in [
        ("python.gb18030.csv", "gb18030", &four),
        ("python.utf-16.csv", "UTF-16LE", &four),
        ("python.utf-8-sig.csv", "UTF-8", &four),
        ("unicode-text.txt", "UTF-16LE", &four),
        ("python.gbk.csv", "gb18030", &three),
        ("libreoffice.gb18030.csv", "gb18030", &comma),
        ("libreoffice.utf-8.csv", "UTF-8", &comma),
        ("libreoffice.utf-16.csv", "UTF-16LE", &comma),
    ] {
        assert_eq!(planned(&world(fixture(name))), (encoding.to_owned(), digest.clone()), "{name}");
    }
}

#[test]
#[cfg(unix)]
fn files_of_iconv_are_read_in_the_encoding_they_are_in() {
    use std::process::{Command, Stdio};

    use crate::support::feed;

    let text = format!("openid,姓名\n{},张三\n{},欧阳㐂\n", openid(1), openid(2));
    let expected = planned(&world(&text)).1;
    for (to, encoding) in [("GB18030", "gb18030"), ("UTF-16", "UTF-16LE"), ("UTF-8", "UTF-8")] {
        let command = Command::new("iconv")
            .args(["-f", "UTF-8", "-t", to])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        // It is part of every glibc and every macOS; without it there is nothing to compare with.
        let Ok(mut iconv) = command else { continue };
        feed(&mut iconv, &text);
        let bytes = iconv.wait_with_output().expect("an end").stdout;
        assert_eq!(planned(&world(bytes)), (encoding.to_owned(), expected.clone()), "{to}");
    }
}

#[test]
fn what_reads_well_in_two_encodings_is_asked_about_and_then_read_as_said() {
    let world = world([format!("openid,name\n{},", openid(1)).as_bytes(), b"\xD0\xBB\xD0\xBB\n"].concat());
    world.text_campaign("Hello {{name}}", "");
    let ran = world.run(&["plan", "campaign.toml"]).exits(3);
    ran.says("ambiguous-encoding").says("audience.csv:2").says("`л` in UTF-8 and `谢` in GB18030");
    for (encoding, name) in [("utf-8", "лл"), ("gb18030", "谢谢")] {
        world.text_campaign("Hello {{name}}", "");
        world.edit("campaign.toml", "audience.csv\"", &format!("audience.csv\"\nencoding = \"{encoding}\""));
        let preview = world.run(&["preview", "campaign.toml"]).exits(0);
        assert!(preview.stdout.contains(&format!("Hello {name}")), "{preview:?}");
    }
}

#[test]
fn a_byte_that_is_no_text_is_told_with_its_place_in_the_file() {
    let world = world([format!("openid,姓名\n{},张三\n", openid(1)).as_bytes(), b"\xff\n"].concat());
    let ran = world.run(&["plan", "campaign.toml"]).exits(3);
    ran.says("audience.csv:3").says("0xFF").says("50 bytes into the file");
}

#[test]
fn big5_is_read_as_what_it_is_and_other_encodings_are_asked_about() {
    let list = |names: &[u8]| {
        [format!("openid,姓名\n{},", openid(1)).replace("姓名", "name").as_bytes(), names, b"\n"].concat()
    };
    let big5 = world(list(&encoding_rs::BIG5.encode("陳大文").0));
    big5.text_campaign("{{name}}您好", "");
    let shown = big5.run(&["preview", "campaign.toml"]).exits(0).stdout;
    assert!(shown.contains("陳大文您好"), "{shown}");
    assert!(planned(&big5).0.eq_ignore_ascii_case("big5"));
    for name in ["张三", "王伟", "李娜", "刘洋", "谢婷婷"] {
        let gbk = world(list(&encoding_rs::GBK.encode(name).0));
        gbk.text_campaign("{{name}}您好", "");
        let ran = gbk.run(&["preview", "campaign.toml"]);
        // Two letters can read well in UTF-8, too; then it is asked.
        assert!(
            ran.code == 3 && ran.stderr.contains("ambiguous") || ran.stdout.contains(name),
            "{name}: {ran:?}"
        );
    }
}

#[test]
fn a_quote_inside_a_quoted_cell_is_doubled_or_a_fault() {
    for cell in ["\"他说 \"好\" 了\"", "\"5\" 屏幕\""] {
        let world = world(format!("openid,姓名\n{},张三\n{},{cell}\n", openid(1), openid(2)));
        world.run(&["plan", "campaign.toml"]).exits(3).says("lone-quote").says("audience.csv:3");
    }
}

#[test]
fn line_ends_in_payloads_are_the_same_on_every_system() {
    let digests: Vec<String> = ["\n", "\r\n"]
        .iter()
        .map(|end| {
            let world = world(format!("openid,姓名\n{},\"张三{end}先生\"\n", openid(1)).replace('\n', "\n"));
            world.text_campaign(&format!("您好{end}{{{{姓名}}}}"), "");
            planned(&world).1
        })
        .collect();
    assert_eq!(digests[0], digests[1]);
}

#[test]
fn utf_16_without_a_mark_is_known_by_its_zeros() {
    for (name, units) in [
        ("UTF-16LE", u16::to_le_bytes as fn(u16) -> [u8; 2]),
        ("UTF-16BE", u16::to_be_bytes as fn(u16) -> [u8; 2]),
    ] {
        let world = World::new();
        world.text_campaign("{{姓名}}，您好", "");
        let text = format!("openid\t姓名\r\n{}\t张三\r\n", openid(1));
        world.file("audience.csv", text.encode_utf16().flat_map(units).collect::<Vec<u8>>());
        world.run(&["plan", "campaign.toml"]).exits(0);
        let shown = world.run(&["preview", "campaign.toml", "--format", "json"]).exits(0).json();
        assert_eq!(shown[0]["payload"]["text"]["content"], "张三，您好", "{name}");
    }
    let world = World::new();
    world.text_campaign("x", "");
    world.file("audience.csv", [0u8, 1, 2, 3, 0, 255, 7, 0, 0, 9].repeat(20));
    let ran = world.run(&["--lang", "zh-CN", "plan", "campaign.toml"]).exits(3);
    assert!(ran.stderr.contains("既不是表格也不是文本") && !ran.stderr.contains("binary"), "{}", ran.stderr);
}
