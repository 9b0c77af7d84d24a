//! The generated parts of the manual, in both languages: pages made from the program's own tables, and tables
//! of keys made from the campaign file's schema. `UPDATE_DOCS=1 cargo test --test it docs` writes them anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use clap::{Arg, CommandFactory as _};
use serde_json::Value as Json;
use wxcast::campaign::describe::{described, in_language, policy_in_language};
use wxcast::campaign::schema;
use wxcast::cli::line::args::Args;
use wxcast::cli::line::help::translated;
use wxcast::diagnostic::code::Code;
use wxcast::locale::{Catalog, Language, policy_texts, schema_texts};
use wxcast::wechat::answer::error_code::{Class, TABLE};

use crate::docs::{both, read};
use crate::support::{World, openid, repository};

const LANGUAGES: [Language; 2] = [Language::En, Language::ZhCn];

/// Takes the text of a language: English, then Chinese.
fn of<'t>(language: Language, english: &'t str, chinese: &'t str) -> &'t str {
    match language {
        Language::En => english,
        Language::ZhCn => chinese,
    }
}

/// What stands at the top of a generated page: its title, the way to the other language, where it comes from.
fn top(language: Language, name: &str, title: &str) -> String {
    let other = match language {
        Language::En => format!("[中文](zh-CN/{name})"),
        Language::ZhCn => format!("[English](../{name})"),
    };
    format!(
        "# {title}\n\n{other}\n\n\
         <!-- Generated: `UPDATE_DOCS=1 cargo test --test it docs` writes this page. A test fails when it is stale. -->\n\n"
    )
}

#[test]
fn the_page_of_faults_is_fresh() {
    for language in LANGUAGES {
        let words = Catalog::new(language);
        let title = of(language, "Faults that wxcast names", "wxcast 的提示代码");
        let intro = of(
            language,
            "Everything wrong with a campaign or its audience has a name that never changes. `wxcast plan` shows the name with the\n\
             file, line and column; `wxcast explain NAME` says what to do. While there is an error nothing is sent; a warning does not\n\
             stop anything. With `invalid_rows = \"skip\"` the errors of single rows become warnings and those rows are skipped.\n\n\
             | name | severity | what is wrong |\n| --- | --- | --- |\n",
            "活动文件和名单里的每一种问题都有一个固定不变的代码。`wxcast plan` 会给出代码，以及它在哪个文件、第几行、第几列；\n\
             `wxcast explain 代码` 会说明怎么办。只要还有错误，就不会发送任何消息；提醒不影响发送。写了 `invalid_rows = \"skip\"`，\n\
             单独一行的错误就变成提醒，这些行会跳过。\n\n\
             | 代码 | 级别 | 问题 |\n| --- | --- | --- |\n",
        );
        let mut page = top(language, "diagnostics.md", title) + intro;
        for code in Code::ALL {
            let severity = words.say(&format!("diagnostic.{}", code.severity().name()), &[]);
            let title = cell(&words.say(&format!("diagnostic.{}.title", code.slug()), &[]));
            page.push_str(&format!("| `{}` | {severity} | {title} |\n", code.slug()));
        }
        fresh(&both("diagnostics.md")[language as usize], &page);
    }
}

#[test]
fn the_page_of_error_codes_is_fresh() {
    for language in LANGUAGES {
        let words = Catalog::new(language);
        let say = |key: String| cell(&words.say(&key, &[]));
        let title = of(language, "WeChat's error codes", "微信错误码");
        let intro = of(
            language,
            "What WeChat can answer, what it means for a run and what to do. `wxcast explain CODE` shows the same for one code, with\n\
             WeChat's own wording. The class decides what happens; a code that is not in the table is treated as `recipient`.\n\n\
             ## Classes\n\n| class | what happens |\n| --- | --- |\n",
            "微信会返回哪些错误码，对发送有什么影响，该怎么办。`wxcast explain 错误码` 会显示其中一个，并附上微信的原文。\n\
             怎么处理由类别决定；表里没有的错误码按 `recipient` 处理。\n\n\
             ## 类别\n\n| 类别 | 影响 |\n| --- | --- |\n",
        );
        let mut page = top(language, "error-codes.md", title) + intro;
        for class in Class::ALL {
            page.push_str(&format!(
                "| `{0}` | {1} |\n",
                class.name(),
                say(format!("class.{}", class.name()))
            ));
        }
        page.push_str(of(
            language,
            "\n## Codes\n\n| code | class | meaning | what to do |\n| --- | --- | --- | --- |\n",
            "\n## 错误码\n\n| 错误码 | 类别 | 含义 | 怎么办 |\n| --- | --- | --- | --- |\n",
        ));
        let mut row = |shown: &str, class: Class, key: &str| {
            let (meaning, advice) =
                (say(format!("errcode.{key}.meaning")), say(format!("errcode.{key}.advice")));
            page.push_str(&format!("| {shown} | `{}` | {meaning} | {advice} |\n", class.name()));
        };
        for known in TABLE {
            let key = known.code.to_string();
            row(&key, known.class, &key);
        }
        row(of(language, "any other", "其他"), Class::Recipient, "unknown");
        fresh(&both("error-codes.md")[language as usize], &page);
    }
}

#[test]
fn the_table_of_flags_is_fresh() {
    for language in LANGUAGES {
        let file = &both("reference.md")[language as usize];
        let (open, close) = ("<!-- flags -->\n", "<!-- end of flags -->\n");
        let page = read(file);
        let (before, rest) = page.split_once(open).expect("the mark of the flags");
        let (_, after) = rest.split_once(close).expect("the end of the flags");
        fresh(file, &format!("{before}{open}\n{}\n{close}{after}", flags(language)));
    }
}

#[test]
fn the_readme_shows_what_plan_says_of_a_mistake() {
    let world = World::new();
    let campaign = "[campaign]\nid = \"spring-sale-2026\"\n\n[account]\nappid = \"wx0123456789abcdef\"\n\n\
                    [audience]\nfile = \"audience.csv\"\n\n[message.text]\n\
                    content = \"{{姓名}}，您好！您的优惠码是 {{优惠吗}}。\"\n";
    world.file("spring/campaign.toml", campaign);
    world.file("spring/audience.csv", format!("openid,姓名,优惠码\n{},张三,SPRING-A1\n", openid(1)));
    for language in LANGUAGES {
        let name = of(language, "en", "zh-CN");
        let ran = world.run(&["--lang", name, "plan", "spring/campaign.toml"]).exits(3);
        let file = &both("README.md")[language as usize];
        let page = read(file);
        let open = "<!-- sample -->\n```text\n";
        let (before, rest) = page.split_once(open).expect("the mark of the sample");
        let (_, after) = rest.split_once("```\n").expect("the end of the sample");
        fresh(file, &format!("{before}{open}{}```\n{after}", ran.stderr));
    }
}

#[test]
fn the_front_pages_are_read_in_one_go() {
    for file in both("README.md").iter().chain([&"ARCHITECTURE.md".to_owned()]) {
        let bytes = read(file).len();
        assert!(bytes <= 8 * 1024, "{file} has {bytes} bytes; details belong to docs/");
    }
}

/// Every flag once, in the words of its help, with the commands that have it.
fn flags(language: Language) -> String {
    let mut command = translated(Args::command(), &Catalog::new(language));
    command.build();
    let of_all: Vec<&Arg> = command.get_arguments().filter(|flag| !flag.is_positional()).collect();
    let mut rows: Vec<(String, String, Vec<String>)> = Vec::new();
    let subs = command.get_subcommands().filter(|sub| sub.get_name() != "help");
    let named = subs.flat_map(|sub| {
        let name = sub.get_name().to_owned();
        let below: Vec<_> =
            sub.get_subcommands().map(|below| (format!("{name} {}", below.get_name()), below)).collect();
        std::iter::once((name, sub)).chain(below)
    });
    for (name, sub) in named {
        let is_general = |flag: &Arg| of_all.iter().any(|general| general.get_id() == flag.get_id());
        for flag in sub.get_arguments().filter(|flag| !flag.is_positional() && !is_general(flag)) {
            let (form, meaning) = (form(flag), meaning_of(flag));
            match rows.iter_mut().find(|row| row.0 == form && row.1 == meaning) {
                Some(row) => row.2.push(name.clone()),
                None => rows.push((form, meaning, vec![name.clone()])),
            }
        }
    }
    rows.sort_by(|one, other| one.0.trim_start_matches('`').cmp(other.0.trim_start_matches('`')));
    let mut table = of(
        language,
        "| flag | of | meaning |\n| --- | --- | --- |\n",
        "| 参数 | 用于 | 含义 |\n| --- | --- | --- |\n",
    )
    .to_owned();
    for (form, meaning, commands) in &rows {
        let commands = commands.join(of(language, ", ", "、"));
        table.push_str(&format!("| {form} | {commands} | {meaning} |\n"));
    }
    for flag in of_all {
        let (form, meaning) = (form(flag), meaning_of(flag));
        table.push_str(&format!("| {form} | {} | {meaning} |\n", of(language, "all", "所有命令")));
    }
    table
}

/// How a flag is written: its short form, its long one, and the name of its value.
fn form(flag: &Arg) -> String {
    let value = match flag.get_value_names() {
        Some([name]) if flag.get_action().takes_values() && may_stand_alone(flag) => format!("[={name}]"),
        Some([name]) if flag.get_action().takes_values() => format!(" {name}"),
        _ => String::new(),
    };
    let short = flag.get_short().map(|short| format!("`-{short}`, ")).unwrap_or_default();
    let long = flag.get_long().expect("every flag has a long form");
    cell(&format!("{short}`--{long}{value}`"))
}

fn may_stand_alone(flag: &Arg) -> bool {
    flag.get_num_args().is_some_and(|values| values.min_values() == 0)
}

fn meaning_of(flag: &Arg) -> String {
    cell(&flag.get_help().expect("every flag has a sentence").to_string())
}

#[test]
fn the_tables_of_keys_are_fresh() {
    for language in LANGUAGES {
        let schema = in_language(&schema::schema(), language);
        let mut shown = BTreeSet::new();
        for name in ["campaign-file.md", "message-kinds.md"] {
            let file = &both(name)[language as usize];
            let page = read(file);
            fresh(file, &with_tables(&page, &schema, language, &mut shown));
        }
        let missing: Vec<String> = tables(&schema).into_iter().filter(|path| !shown.contains(path)).collect();
        assert!(missing.is_empty(), "no page has `<!-- keys of {} -->`", missing.join(", "));
    }
}

#[test]
fn the_tables_of_a_policys_keys_are_fresh() {
    for language in LANGUAGES {
        let schema = policy_in_language(&schema::policy(), language);
        let mut shown = BTreeSet::new();
        let file = &both("policy.md")[language as usize];
        fresh(file, &with_tables(&read(file), &schema, language, &mut shown));
        let missing: Vec<String> = tables(&schema).into_iter().filter(|path| !shown.contains(path)).collect();
        assert!(missing.is_empty(), "no page has `<!-- keys of {} -->`", missing.join(", "));
    }
}

/// The schemas of the files that people write, each with what it says in Chinese and the file that holds it.
fn written() -> [(Json, BTreeMap<String, String>, &'static str); 2] {
    let said = |texts: Option<BTreeMap<String, String>>| texts.expect("a catalogue");
    [
        (schema::schema(), said(schema_texts(Language::ZhCn)), "schema.zh-CN.toml"),
        (schema::policy(), said(policy_texts(Language::ZhCn)), "policy.zh-CN.toml"),
    ]
}

#[test]
fn everything_the_schemas_describe_is_said_in_chinese_and_nothing_else_is() {
    for (schema, texts, file) in written() {
        let told: BTreeSet<&str> = texts.keys().map(String::as_str).collect();
        let all = described(&schema);
        let wanted: BTreeSet<&str> = all.iter().map(|one| one.path.as_str()).collect();
        let missing: Vec<&&str> = wanted.difference(&told).collect();
        let left_over: Vec<&&str> = told.difference(&wanted).collect();
        assert!(missing.is_empty(), "locales/{file} lacks {missing:#?}");
        assert!(left_over.is_empty(), "locales/{file} tells of what is not there: {left_over:#?}");
        for (path, text) in &texts {
            assert!(text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{path}: {text}");
        }
    }
}

#[test]
fn what_a_chinese_description_quotes_is_quoted_in_the_english_one() {
    let spans = |text: &str| -> BTreeSet<String> {
        text.split('`').skip(1).step_by(2).map(|span| span.trim_matches('"').to_owned()).collect()
    };
    for (schema, texts, _) in written() {
        for one in described(&schema) {
            assert_eq!(spans(&one.text), spans(&texts[&one.path]), "{}", one.path);
        }
    }
}

/// A page with the table of keys below each of its markers written anew.
fn with_tables(page: &str, schema: &Json, language: Language, shown: &mut BTreeSet<String>) -> String {
    let mut written = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        written.push_str(line);
        written.push('\n');
        let Some(path) = line.strip_prefix("<!-- keys of ").and_then(|rest| rest.strip_suffix(" -->")) else {
            continue;
        };
        shown.insert(path.to_owned());
        written.push_str(&format!("\n{}\n<!-- end of keys -->\n", table(path, schema, language)));
        assert!(lines.any(|line| line == "<!-- end of keys -->"), "the keys of {path} have no end");
    }
    written
}

/// The table of the keys of one table of the campaign file.
fn table(path: &str, schema: &Json, language: Language) -> String {
    let table = find(schema, path);
    let keys = table["properties"].as_object().unwrap_or_else(|| panic!("{path} is no table"));
    let required: Vec<&str> =
        table["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let mut rows = of(
        language,
        "| key | type | default | meaning |\n| --- | --- | --- | --- |\n",
        "| 键 | 类型 | 默认值 | 含义 |\n| --- | --- | --- | --- |\n",
    )
    .to_owned();
    for (key, value) in keys {
        let target = resolve(schema, value);
        let default = match &value["default"] {
            Json::Null if required.contains(&key.as_str()) => {
                of(language, "must be given", "必填").to_owned()
            }
            Json::Null => of(language, "none", "无").to_owned(),
            default => format!("`{default}`"),
        };
        let meaning = cell(&meaning(value, target, language));
        rows.push_str(&format!("| `{key}` | {} | {default} | {meaning} |\n", kind(schema, target, language)));
    }
    rows
}

/// What a key means, each of its allowed words included.
fn meaning(value: &Json, target: &Json, language: Language) -> String {
    let text = |value: &Json| value["description"].as_str().unwrap_or_default().to_owned();
    let mut meaning = if value["description"].is_string() { text(value) } else { text(target) };
    for word in target["oneOf"].as_array().into_iter().flatten() {
        let (open, close) = (of(language, " ", ""), of(language, ": ", "："));
        meaning.push_str(&format!("{open}`{}`{close}{}", word["const"], text(word)));
    }
    meaning
}

/// The type of a value in words.
fn kind(schema: &Json, target: &Json, language: Language) -> String {
    if let Some(words) = target["oneOf"].as_array() {
        let words: Vec<String> = words.iter().map(|word| format!("`{}`", word["const"])).collect();
        return words.join(of(language, " or ", " 或 "));
    }
    if let Some(shapes) = target["anyOf"].as_array() {
        let shapes: Vec<String> = shapes.iter().map(|shape| kind(schema, shape, language)).collect();
        return shapes.join(of(language, " or ", "或"));
    }
    match target["type"].as_str().unwrap_or_default() {
        "string" => of(language, "text", "文字").to_owned(),
        "boolean" => of(language, "`true` or `false`", "`true` 或 `false`").to_owned(),
        "integer" => {
            let number = of(language, "whole number", "整数");
            match (target["minimum"].as_u64(), target["maximum"].as_u64()) {
                (Some(min), Some(max)) => {
                    format!("{number}{}{min}{}{max}", of(language, ", ", "，"), of(language, " to ", " 到 "))
                }
                (Some(min), None) if min > 0 => match language {
                    Language::En => format!("{number} from {min}"),
                    Language::ZhCn => format!("{number}，从 {min} 起"),
                },
                _ => number.to_owned(),
            }
        }
        "array" => match resolve(schema, &target["items"])["type"].as_str() {
            Some("object") => of(language, "list of tables", "表的列表").to_owned(),
            _ => of(language, "list of texts", "文字的列表").to_owned(),
        },
        "object" => of(language, "table", "表").to_owned(),
        other => panic!("the manual has no word for the type {other:?}"),
    }
}

/// Every table of the campaign file that has keys, by its path.
fn tables(schema: &Json) -> Vec<String> {
    let mut found: Vec<String> = described(schema)
        .into_iter()
        .map(|one| one.path)
        .filter(|path| !path.contains(" = ") && !path.is_empty() && path != "message")
        .filter(|path| find(schema, path)["properties"].is_object())
        .collect();
    found.dedup();
    found
}

/// The schema of what is at a path.
fn find<'s>(schema: &'s Json, path: &str) -> &'s Json {
    let mut at = schema;
    for step in path.split('.') {
        let (key, is_list) = step.strip_suffix("[]").map_or((step, false), |key| (key, true));
        let next = at["properties"].get(key).unwrap_or(&at["additionalProperties"]);
        at = resolve(schema, next);
        if is_list {
            at = resolve(schema, &at["items"]);
        }
    }
    at
}

/// What a reference leads to, or the value itself.
fn resolve<'s>(schema: &'s Json, value: &'s Json) -> &'s Json {
    match value["$ref"].as_str() {
        Some(path) => schema.pointer(path.trim_start_matches('#')).expect("a definition"),
        None => value,
    }
}

/// Holds a generated page against its file, or writes the file where UPDATE_DOCS is set.
fn fresh(name: &str, page: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(repository().join(name), page).expect("a written page");
    }
    let file = read(name);
    let stale = file.lines().zip(page.lines()).find(|(file, page)| file != page);
    assert!(stale.is_none(), "{name} is stale (UPDATE_DOCS=1 cargo test --test it docs): {stale:#?}");
    assert_eq!(file, page, "{name} is stale (UPDATE_DOCS=1 cargo test --test it docs)");
}

/// A text as a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
