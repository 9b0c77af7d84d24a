//! A campaign that is there is changed by a form: the file keeps what nobody changed, faults stand beside their fields, and
//! what somebody else has written meanwhile is not overwritten.

use regex::Regex;

use crate::console::Console;
use crate::support::{Platform, World, openid};

/// What a browser would send for the form of a page that nobody has touched.
fn untouched(page: &str) -> Vec<(String, String)> {
    let (_, form) = page.split_once("data-draft data-keeps>").expect("a form");
    let form = form.split_once("</form>").expect("an end").0;
    let one = Regex::new(
        r#"(?s)<input ([^>]*)>|<textarea ([^>]*)>\n(.*?)</textarea>|<select ([^>]*)>(.*?)</select>"#,
    )
    .expect("a pattern");
    let name = Regex::new(r#"name="([^"]*)""#).expect("a pattern");
    let value = Regex::new(r#"value="([^"]*)""#).expect("a pattern");
    let chosen = Regex::new(r#"<option value="([^"]*)" selected>"#).expect("a pattern");
    let mut fields = Vec::new();
    for found in one.captures_iter(form) {
        let attributes = found.get(1).or(found.get(2)).or(found.get(4)).expect("attributes").as_str();
        let Some(name) = name.captures(attributes).map(|name| name[1].to_owned()) else { continue };
        if attributes.contains("type=\"checkbox\"") && !attributes.contains(" checked") {
            continue;
        }
        let text = match (found.get(3), found.get(5)) {
            (Some(text), _) => text.as_str().to_owned(),
            (_, Some(options)) => {
                chosen.captures(options.as_str()).map_or(String::new(), |word| word[1].to_owned())
            }
            (None, None) => value.captures(attributes).map_or(String::new(), |value| value[1].to_owned()),
        };
        fields.push((plain(&name), plain(&text)));
    }
    fields
}

/// A text of a page without its escapes.
fn plain(text: &str) -> String {
    let signs =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#x60;", "`"), ("&#x3D;", "=")];
    signs
        .iter()
        .fold(text.to_owned(), |text, (escaped, sign)| text.replace(escaped, sign))
        .replace("&amp;", "&")
}

/// The form of a page with some fields written, as a browser sends it: lines end in two characters there.
fn written(page: &str, changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut fields = untouched(page);
    for (name, text) in changes {
        let text = text.replace('\n', "\r\n");
        match fields.iter_mut().find(|(field, _)| field == name) {
            Some(field) => field.1 = text,
            None => fields.push(((*name).to_owned(), text)),
        }
    }
    fields
}

fn post(console: &Console, path: &str, fields: &[(String, String)]) -> crate::console::Answer {
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    console.post(path, &fields)
}

const FILE: &str = r#"# Ours; ask 王芳 before you change it
[campaign]
id = "spring"   # never change it
title = 'Spring'

[account]
appid = "wx0123456789abcdef"

[audience]
file = "audience.csv"
# By law
exclude = [
  "out.csv", # the form
]

[audience.columns."first name"]
max_chars = 20

# One a person
[message.text]
content = """
Hello {{[first name]}},
see you soon."""

[send]
# Slow on purpose
rate = "100/s" # of 200
"#;

fn world() -> World {
    let world = World::new();
    world.file("campaign.toml", FILE);
    world.file("out.csv", format!("openid\n{}\n", openid(9)));
    world.file(
        "audience.csv",
        format!("openid,first name,city\n{},Ann,Xi'an\n{},Bob,<b>Wuhan</b>\n", openid(0), openid(1)),
    );
    world
}

#[test]
fn a_form_that_nobody_touched_changes_nothing() {
    let world = world();
    let console = Console::start(&world, &[]);
    let path = format!("{}/edit", console.campaign());
    let page = console.get(&path).page();
    assert!(page.contains("Hello Ann,\nsee you soon."), "the phone stands beside the text: {page}");
    let answer = post(&console, &path, &written(&page, &[("do", "save")]));
    assert!(answer.leads_to().starts_with(&format!("{path}?saved=1")), "{}", answer.head);
    assert_eq!(world.read("campaign.toml"), FILE);
}

#[test]
fn what_is_changed_is_written_and_comments_order_and_the_rest_stay() {
    let world = world();
    let platform = Platform::new("");
    let console = Console::at(&world, &platform);
    let path = format!("{}/edit", console.campaign());
    let page = console.get(&path).page();
    let changes = [
        ("do", "save"),
        ("f:message.text.content", "Dear {{[first name]}},\n🌸 in {{city}}"),
        ("f:send.rate", "50/s"),
        ("f:send.hours", "00:00-12:00\n12:00-24:00"),
        ("f:send.concurrency", "4"),
        ("f:audience.exclude", "out.csv"),
        ("f:audience.columns.first name.required", "true"),
        ("f:results.language", "zh-CN"),
        ("f:try.recipients", &openid(7)),
    ];
    let answer = post(&console, &path, &written(&page, &changes));
    assert_eq!(answer.status, 303, "{}", answer.text());
    let toml = world.read("campaign.toml");
    for kept in [
        "# Ours; ask 王芳 before you change it\n[campaign]\nid = \"spring\"   # never change it\ntitle = 'Spring'\n",
        "# By law\nexclude = [\n  \"out.csv\", # the form\n]\n",
        "# One a person\n[message.text]\n",
        "[send]\n# Slow on purpose\nrate = \"50/s\" # of 200\n",
    ] {
        assert!(toml.contains(kept), "{kept} in {toml}");
    }
    for new in [
        "concurrency = 4",
        "required = true",
        "language = \"zh-CN\"",
        "hours = [\"00:00-12:00\", \"12:00-24:00\"]",
    ] {
        assert!(toml.contains(new), "{new} in {toml}");
    }
    let page = console.get(answer.leads_to()).page();
    assert!(page.contains("Saved.") && page.contains("Dear Ann,\n🌸 in Xi&#x27;an"), "{page}");
    world.run_at(&platform, &["plan", "campaign.toml"]).exits(0);
    // What is taken away again leaves the file as it was.
    let back = [
        ("do", "save"),
        ("f:message.text.content", "Hello {{[first name]}},\nsee you soon."),
        ("f:send.rate", "100/s"),
        ("f:send.hours", ""),
        ("f:send.concurrency", ""),
        ("f:results.language", ""),
        ("f:try.recipients", ""),
    ];
    assert_eq!(post(&console, &path, &written(&page, &back)).status, 303);
    let page = console.get(&path).page();
    let mut fields = written(&page, &[("do", "save")]);
    fields.retain(|(name, _)| name != "f:audience.columns.first name.required");
    assert_eq!(post(&console, &path, &fields).status, 303);
    let toml = world.read("campaign.toml").replace("required = false\n", "");
    let begin = FILE.split_once("[message.text]").expect("a message").0;
    assert!(toml.starts_with(begin) && !toml.contains("[try]"), "{toml}");
}

#[test]
fn every_kind_has_a_form_of_all_its_fields_and_what_is_written_there_can_be_sent() {
    for kind in wxcast::message::KINDS {
        let world = World::new();
        let (toml, audience) = kind.example();
        world.file("campaign.toml", toml);
        world.file("audience.csv", audience);
        let console = Console::start(&world, &[]);
        let path = format!("{}/edit", console.campaign());
        let page = console.get(&path).page();
        assert!(page.contains(&format!("name=\"f:message.{kind}.")), "{kind}: {page}");
        let answer = post(&console, &path, &written(&page, &[("do", "save")]));
        assert_eq!(answer.status, 303, "{kind}: {}", answer.text());
        assert_eq!(world.read("campaign.toml"), toml, "{kind}");
        // The kind is another one: its fields are asked for, and the text of the same name comes along.
        let answer = post(&console, &path, &written(&page, &[("do", "look"), ("kind", "text")]));
        assert!(answer.status == 200 && answer.text().contains("name=\"f:message.text.content\""), "{kind}");
    }
}

#[test]
fn answers_to_tap_and_further_files_come_and_go_one_by_one() {
    let world = world();
    world.edit("campaign.toml", FILE.split_once("# One").expect("a message").1, "");
    world.edit(
        "campaign.toml",
        "# One",
        "[message.msgmenu]\nhead_content = \"Well?\"\n[[message.msgmenu.list]]\nid = \"1\"\n# the better one\ncontent = \"Yes\"\n",
    );
    let console = Console::start(&world, &[]);
    let path = format!("{}/edit", console.campaign());
    let mut page = console.get(&path).page();
    let answer = post(&console, &path, &written(&page, &[("add", "message.msgmenu.list")]));
    assert_eq!(answer.status, 200, "{}", answer.text());
    page = answer.text();
    page = post(&console, &path, &written(&page, &[("add", "audience.join")])).text();
    world.file("more.csv", format!("openid,shop\n{},West\n{},East\n", openid(0), openid(1)));
    let changes = [
        ("do", "save"),
        ("f:message.msgmenu.list[2].content", "No"),
        ("f:audience.join[1].file", "more.csv"),
        ("f:message.msgmenu.head_content", "Well, {{shop}}?"),
    ];
    let answer = post(&console, &path, &written(&page, &changes));
    assert_eq!(answer.status, 303, "{}", answer.text());
    world.run(&["plan", "campaign.toml"]).exits(0);
    let toml = world.read("campaign.toml");
    assert!(
        toml.contains("# the better one\ncontent = \"Yes\"") && toml.contains("[[audience.join]]"),
        "{toml}"
    );
    page = console.get(&path).page();
    assert!(page.contains("Well, West?"), "{page}");
    page = post(&console, &path, &written(&page, &[("take", "message.msgmenu.list#0")])).text();
    assert_eq!(post(&console, &path, &written(&page, &[("do", "save")])).status, 303);
    let toml = world.read("campaign.toml");
    assert!(
        !toml.contains("\"Yes\"") && toml.contains("content = \"No\"") && toml.contains("id = \"2\""),
        "{toml}"
    );
}

#[test]
fn a_fault_stands_beside_its_field_and_the_file_is_still_the_campaign() {
    let world = world();
    let console = Console::start(&world, &[]);
    let path = format!("{}/edit", console.campaign());
    let page = console.get(&path).page();
    let changes = [
        ("do", "look"),
        ("f:message.text.content", "Hello {{nmae}}"),
        ("f:send.hours", "25:00-26:00"),
        ("f:send.concurrency", "many"),
    ];
    let answer = post(&console, &path, &written(&page, &changes));
    let page = answer.page();
    for (field, fault) in [
        ("f:message.text.content", "nmae"),
        ("f:send.hours", "25:00-26:00"),
        ("f:send.concurrency", "number"),
    ] {
        let (_, behind) = page.split_once(&format!("name=\"{field}\"")).expect("the field");
        let (_, behind) = behind.split_once("data-part=").expect("the place of its faults");
        let beside = behind.split_once("<div class=\"field\">").map_or(behind, |(own, _)| own);
        assert!(beside.contains("note bad near") && beside.contains(fault), "{field}: {beside}");
    }
    assert_eq!(world.read("campaign.toml"), FILE, "looking writes nothing");
}

#[test]
fn what_somebody_else_has_written_meanwhile_is_not_overwritten() {
    let world = world();
    let console = Console::start(&world, &[]);
    let path = format!("{}/edit", console.campaign());
    let page = console.get(&path).page();
    world.edit("campaign.toml", "100/s", "7/s");
    world.edit("campaign.toml", "see you soon", "see you on Monday");
    let theirs = world.read("campaign.toml");
    let mine = [("do", "save"), ("f:message.text.content", "Mine")];
    let answer = post(&console, &path, &written(&page, &mine));
    assert_eq!(answer.status, 409);
    assert_eq!(world.read("campaign.toml"), theirs);
    let page = answer.text();
    assert!(
        page.contains("somebody else has changed this campaign") && page.contains("see you on Monday"),
        "{page}"
    );
    assert!(
        page.contains(">\nMine</textarea>") && page.contains("value=\"7/s\"")
            || page.contains(">\n7/s</textarea>"),
        "{page}"
    );
    // Whoever has read that may write theirs; what they did not touch stays the other one's.
    let answer = post(&console, &path, &written(&page, &[("do", "save")]));
    assert_eq!(answer.status, 303, "{}", answer.text());
    let toml = world.read("campaign.toml");
    assert!(toml.contains("content = \"Mine\"") && toml.contains("rate = \"7/s\" # of 200"), "{toml}");
}

#[test]
fn only_the_seal_of_this_very_file_changes_it() {
    let world = world();
    let console = Console::start(&world, &[]);
    let path = format!("{}/edit", console.campaign());
    let page = console.get(&path).page();
    for (name, text) in [("seal", ""), ("mark", "0000"), ("seal", "0000")] {
        let fields = written(&page, &[("do", "save"), ("f:campaign.title", "Other"), (name, text)]);
        assert_eq!(post(&console, &path, &fields).status, 403, "{name}");
    }
    let second = Console::start(&world, &[]);
    let page = second.get(&path).page();
    assert!(page.contains("<fieldset class=\"all\" disabled>"), "{page}");
    assert_eq!(post(&second, &path, &written(&page, &[("do", "save")])).status, 409);
    assert_eq!(world.read("campaign.toml"), FILE);
}

#[cfg(unix)]
#[test]
fn the_file_keeps_its_rights_and_a_list_outside_is_not_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    world.file("in/campaign.toml", FILE);
    world.file("in/out.csv", "openid\n");
    world.file("in/audience.csv", format!("openid,first name,city\n{},Ann,Xian\n", openid(0)));
    world.file("secret.csv", format!("openid,first name,city\n{},Secret,Xian\n", openid(0)));
    let file = world.path("in/campaign.toml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o664)).expect("rights");
    let console = Console::of(world.command(&["console", "in", "--no-open"]));
    let path = format!("{}/edit", console.campaign());
    let page = console.get(&path).page();
    let save = [("do", "save"), ("f:campaign.title", "New"), ("f:audience.file", "../secret.csv")];
    let answer = post(&console, &path, &written(&page, &save));
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(std::fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o664);
    for screen in ["/edit", "/phones", "/send", "/results", "/try", ""] {
        let page = console.get(&path.replace("/edit", screen)).page();
        assert!(!page.contains("Secret"), "{screen}: {page}");
        assert!(screen != "/send" || !page.contains("name=\"people\""), "{page}");
    }
}
