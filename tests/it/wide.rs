//! What is drawn in columns stands in line although Chinese characters and emoji are two columns wide.

use console::measure_text_width;

use crate::support::{APPID, Platform, World};

/// The text above the caret of the first drawn fault, from the caret on.
fn under_the_caret(drawn: &str) -> String {
    let lines: Vec<&str> = drawn.lines().collect();
    let at =
        lines.iter().position(|line| line.contains('^')).unwrap_or_else(|| panic!("no caret in:\n{drawn}"));
    let before = lines[at].split('^').next().unwrap_or_default();
    let carets = lines[at].matches('^').count();
    let (mut column, mut seen) = (0, String::new());
    for character in lines[at - 1].chars() {
        if (measure_text_width(before)..measure_text_width(before) + carets).contains(&column) {
            seen.push(character);
        }
        column += measure_text_width(&character.to_string());
    }
    seen
}

#[test]
fn carets_stand_under_what_is_wrong_behind_wide_characters_tabs_and_emoji() {
    for (before, after) in
        [("您好，", "！"), ("🎉 春节 👨‍👩‍👧 快乐，", ""), ("\t制表\t", "。"), ("ＡＢＣ，é ", "")]
    {
        let world = World::with_recipients(1);
        world.file(
            "campaign.toml",
            format!(
                "[campaign]\nid = \"a\"\n[account]\nappid = \"{APPID}\"\n[audience]\nfile = \"audience.csv\"\n\
                 [message.text]\ncontent = '{before}{{{{姓明}}}}{after}'\n"
            ),
        );
        let drawn = world.run(&["plan", "campaign.toml", "--lang", "zh-CN"]).exits(3).stderr;
        assert_eq!(under_the_caret(&drawn), "姓明", "{before:?}:\n{drawn}");
    }
}

/// The first and the last line of the table of who gets it.
const TABLE: [&str; 4] = ["In the list", "To send", "在名单里", "计划发送"];

#[test]
fn the_values_of_plan_and_explain_stand_in_one_column_in_both_languages() {
    let world = World::with_recipients(1);
    for language in ["en", "zh-CN"] {
        for line in [vec!["plan", "campaign.toml"], vec!["explain", "45015"], vec!["explain", "unknown-key"]]
        {
            let text = world.run(&[&line[..], &["--lang", language]].concat()).exits(0).stdout;
            // Who gets it and who does not is a table, with columns of its own.
            let in_table = |line: &&str| TABLE.iter().any(|label| line.starts_with(label));
            let labelled = text.lines().filter(|line| !in_table(line));
            let starts: Vec<usize> = labelled.map(value_column).collect();
            assert!(starts.windows(2).all(|pair| pair[0] == pair[1]), "{starts:?}\n{text}");
        }
    }
}

/// Where the value of a line begins: behind its label and the blanks after that.
fn value_column(line: &str) -> usize {
    let (label, rest) = line.split_once([':', '：']).unwrap_or_else(|| panic!("no label: {line}"));
    let colon = line[label.len()..].chars().next().map_or(0, |c| measure_text_width(&c.to_string()));
    measure_text_width(label) + colon + (rest.len() - rest.trim_start().len())
}

#[test]
fn the_counts_of_runs_stand_below_each_other() {
    let (world, platform) = (World::with_recipients(3), Platform::new(""));
    world.run_at(&platform, &["send", "campaign.toml", "--yes", "--limit", "1"]).exits(7);
    world.run_at(&platform, &["send", "campaign.toml", "--yes"]).exits(0);
    for (language, word) in [("en", "requests"), ("zh-CN", "请求")] {
        let text = world.run(&["runs", "campaign.toml", "--lang", language]).exits(0).stdout;
        let columns: Vec<usize> = text
            .lines()
            .map(|line| measure_text_width(line.split(word).next().unwrap_or_default()))
            .collect();
        assert_eq!(columns.len(), 2, "{text}");
        assert_eq!(columns[0], columns[1], "{text}");
    }
}
