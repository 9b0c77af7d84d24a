//! `wxcast schema`: the JSON Schemas that editors and scripts rely on.

use std::fs;

use serde_json::{Value as Json, json};
use wxcast::message::KINDS;

use crate::support::{Platform, World, repository};

const FILES: [(&str, &str); 5] = [
    ("campaign", "schemas/campaign.schema.json"),
    ("plan", "schemas/plan.schema.json"),
    ("summary", "schemas/summary.schema.json"),
    ("report", "schemas/report.schema.json"),
    ("policy", "schemas/policy.schema.json"),
];

fn schema(which: &str) -> Json {
    World::new().run(&["schema", which]).exits(0).json()
}

fn judge(schema: &Json, value: &Json) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).expect("a schema");
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// A campaign's TOML as the JSON that editors hold against the schema.
fn json_of(toml: &str) -> Json {
    let table: toml::Table = toml.parse().expect("TOML");
    serde_json::to_value(table).expect("a JSON value")
}

#[test]
fn the_schemas_in_the_repository_are_those_that_the_program_prints() {
    for (which, file) in FILES {
        let printed = World::new().run(&["schema", which]).exits(0).stdout;
        let kept = fs::read_to_string(repository().join(file)).unwrap_or_default();
        assert!(kept == printed, "{file} is stale: cargo run -- schema {which} > {file}");
    }
}

#[test]
fn campaign_is_the_schema_when_nobody_says() {
    assert_eq!(World::new().run(&["schema"]).exits(0).json(), schema("campaign"));
}

#[test]
fn the_campaign_schema_explains_every_key() {
    let schema = schema("campaign");
    let mut keys = 0;
    explained(&schema, "", &mut keys);
    assert!(keys > 60, "only {keys} keys were found");
}

fn explained(schema: &Json, at: &str, keys: &mut usize) {
    match schema {
        Json::Object(map) => {
            if let Some(properties) = map.get("properties").and_then(Json::as_object) {
                // A name alone only says which keys a shape needs; it is explained where it is defined.
                for (name, property) in properties.iter().filter(|(_, property)| property.is_object()) {
                    *keys += 1;
                    let text = property["description"].as_str().unwrap_or_default();
                    assert!(text.len() > 5, "{at}/{name} has no description: {property}");
                }
            }
            map.iter().for_each(|(key, value)| explained(value, &format!("{at}/{key}"), keys));
        }
        Json::Array(items) => items.iter().for_each(|item| explained(item, at, keys)),
        _ => {}
    }
}

#[test]
fn the_campaign_schema_takes_every_example() {
    let schema = schema("campaign");
    for kind in KINDS {
        let (toml, _) = kind.example();
        assert_eq!(judge(&schema, &json_of(toml)), Vec::<String>::new(), "{kind}");
    }
}

#[test]
fn the_campaign_schema_refuses_what_the_program_refuses() {
    let schema = schema("campaign");
    let sound = "[campaign]\nid = \"a\"\n[audience]\nfile = \"a.csv\"\n[message.text]\ncontent = \"x\"\n";
    assert_eq!(judge(&schema, &json_of(sound)), Vec::<String>::new());
    for (from, to) in [
        ("id = \"a\"", "id = \"A b\""),
        ("id = \"a\"", "id = \"a\"\nidd = 1"),
        ("id = \"a\"", "id = \"a\"\nwave = 0"),
        ("id = \"a\"", "title = \"a\""),
        ("file = \"a.csv\"", "file = 5"),
        ("file = \"a.csv\"", "file = \"a.csv\"\nduplicates = \"last\""),
        ("[message.text]", "[message.txt]"),
        ("content = \"x\"", "content = \"x\"\ncolour = \"red\""),
        ("content = \"x\"", "# nothing"),
        ("content = \"x\"", "content = \"x\"\n[message.image]\nmedia_id = \"M\""),
        ("[message.text]\ncontent = \"x\"", "[message]"),
        ("content = \"x\"", "content = \"x\"\n[send]\nconcurrency = 0"),
        ("content = \"x\"", "content = \"x\"\n[send]\nrate = 5"),
    ] {
        let toml = sound.replace(from, to);
        assert_ne!(judge(&schema, &json_of(&toml)), Vec::<String>::new(), "{toml}");
    }
}

#[test]
fn the_campaign_schema_speaks_the_language_of_its_reader_and_takes_the_same_files() {
    let world = World::new();
    let chinese = world.run(&["schema", "--lang", "zh-CN"]).exits(0).json();
    assert_eq!(chinese["properties"]["send"]["description"], "怎么发送。");
    for kind in KINDS {
        let (toml, _) = kind.example();
        assert_eq!(judge(&chinese, &json_of(toml)), Vec::<String>::new(), "{kind}");
    }
    world.run(&["init", "spring", "--lang", "zh-CN"]).exits(0);
    let beside: Json = serde_json::from_str(&world.read("spring/campaign.schema.json")).expect("JSON");
    assert_eq!(beside, chinese, "what an editor shows beside a new campaign");
}

#[test]
fn what_plan_prints_is_what_its_schema_describes() {
    let schema = schema("plan");
    let world = World::with_recipients(2);
    let sound = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!(judge(&schema, &sound), Vec::<String>::new());
    world.file("audience.csv", "openid,name\nbad id,x\n");
    let faulty = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(3).json();
    assert_eq!(judge(&schema, &faulty), Vec::<String>::new());
    assert_ne!(judge(&schema, &json!({ "rows": "many" })), Vec::<String>::new());
}

#[test]
fn a_manifest_and_a_comparison_are_what_the_schema_of_plans_describes() {
    let schema = schema("plan");
    let world = World::with_recipients(2);
    let args = ["plan", "campaign.toml", "--format", "json", "-o"];
    world.run(&[&args[..], &["first.json"]].concat()).exits(0);
    world.recipients(3);
    world.run(&[&args[..], &["second.json", "--compare", "first.json"]].concat()).exits(0);
    for (file, key) in [("first.json", "messages"), ("second.json", "changes")] {
        let manifest: Json = serde_json::from_str(&world.read(file)).expect("JSON");
        assert_eq!(judge(&schema, &manifest), Vec::<String>::new());
        assert!(manifest.get(key).is_some(), "{file} has no {key}");
    }
}

#[test]
fn what_report_prints_is_what_its_schema_describes() {
    let world = World::with_recipients(3);
    let platform = Platform::new("[[faults]]\nkind = \"reset-after\"\nmessages = 2\n");
    world.send(&platform).exits(6);
    let told = world.run(&["report", "campaign.toml", "--format", "json"]).exits(0).json();
    assert_eq!(judge(&schema("report"), &told), Vec::<String>::new());
    assert_eq!(told["counts"]["unknown"], 1);
}

#[test]
fn what_rehearse_prints_is_what_the_summary_schema_describes() {
    let world = World::with_recipients(3);
    let ran = world.run(&["rehearse", "campaign.toml", "--format", "json", "--progress", "none"]).exits(0);
    assert_eq!(judge(&schema("summary"), &ran.json()), Vec::<String>::new());
}

/// What strict readers of schemas (Ajv) refuse: words that the drafts do not have, among them formats.
#[test]
fn the_schemas_hold_no_word_that_a_strict_reader_does_not_know() {
    const KNOWN: [&str; 24] = [
        "$schema",
        "$defs",
        "$ref",
        "title",
        "description",
        "default",
        "type",
        "properties",
        "required",
        "items",
        "additionalProperties",
        "enum",
        "const",
        "oneOf",
        "anyOf",
        "allOf",
        "pattern",
        "minimum",
        "maximum",
        "minItems",
        "minProperties",
        "maxProperties",
        "propertyNames",
        "patternProperties",
    ];
    fn walk(schema: &Json, at: &str, wrong: &mut Vec<String>) {
        let Some(map) = schema.as_object() else { return };
        for (word, value) in map {
            if !KNOWN.contains(&word.as_str()) {
                wrong.push(format!("{at}: {word}: {value}"));
            }
            let below: Vec<&Json> = match (word.as_str(), value) {
                ("properties" | "$defs" | "patternProperties", Json::Object(names)) => {
                    names.values().collect()
                }
                ("items" | "additionalProperties" | "propertyNames", one) => vec![one],
                ("oneOf" | "anyOf" | "allOf", Json::Array(several)) => several.iter().collect(),
                _ => Vec::new(),
            };
            below.into_iter().for_each(|schema| walk(schema, &format!("{at}/{word}"), wrong));
        }
    }
    for (which, _) in FILES {
        let schema = schema(which);
        assert!(jsonschema::meta::is_valid(&schema), "{which}");
        let mut wrong = Vec::new();
        walk(&schema, which, &mut wrong);
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    }
}

#[test]
fn the_schema_and_the_program_agree_on_how_values_are_written() {
    let schema = schema("campaign");
    let world = World::with_recipients(1);
    let sound = world.read("campaign.toml");
    for (table, key, takes, refuses) in [
        (
            "send",
            "rate",
            &[
                "\"20/s\"",
                "\"1000/min\"",
                "\"5000/h\"",
                "\" 5 / hour \"",
                "\"007/sec\"",
                "[\"20/s\", \"1000/minute\"]",
            ][..],
            &[
                "\"fast\"",
                "\"20\"",
                "\"0/s\"",
                "\"20/day\"",
                "\"-5/s\"",
                "\"2.5/s\"",
                "[\"20/s\", \"20\"]",
                "\"\"",
            ][..],
        ),
        ("send", "upload_rate", &["\"2/s\"", "[\"2/s\"]"], &["\"2 per second\"", "[\"2\"]"]),
        (
            "send",
            "timeout",
            &[
                "\"30s\"",
                "\"1m 30s\"",
                "\"500ms\"",
                "\"1h30m\"",
                "\"1.5s\"",
                "\"2 minutes\"",
                "\"PT30S\"",
                "\"1h, 2m\"",
            ],
            &["\"30\"", "\"soon\"", "\"-5s\"", "\"\"", "\"s\""],
        ),
        ("send", "connect_timeout", &["\"5s\""], &["\"5\""]),
        (
            "send.stop",
            "max_refused",
            &["\"30%\"", "\"0.5%\"", "\"100%\"", "\"0%\"", "\" 99.99 % \"", "\"100.00%\"", "\"007%\""],
            &["\"30\"", "\"101%\"", "\"-1%\"", "\"1.234%\"", "\"%\"", "\"100.01%\"", "\"\""],
        ),
        (
            "audience",
            "delimiter",
            &["\"auto\"", "\",\"", "\";\"", "\"tab\"", "\"|\"", "\"\\t\"", "'\\t'", "\" \"", "\"^\""],
            &["\"comma\"", "\"\"", "\",,\"", "\"，\"", "'\"'", "\"\\n\""],
        ),
    ] {
        for (value, is_taken) in
            takes.iter().map(|value| (value, true)).chain(refuses.iter().map(|value| (value, false)))
        {
            let toml = if sound.contains(&format!("[{table}]\n")) {
                let given = format!("[{table}]\n{key} = {value}\n");
                sound.replace("rate = \"100000/s\"\n", "").replace(&format!("[{table}]\n"), &given)
            } else {
                format!("{sound}[{table}]\n{key} = {value}\n")
            };
            let faults = judge(&schema, &json_of(&toml));
            assert_eq!(faults.is_empty(), is_taken, "the schema: {key} = {value}: {faults:?}");
            world.file("campaign.toml", &toml);
            let told = world.run(&["plan", "campaign.toml"]).stderr;
            let refused = told.contains("error[bad-value]");
            assert_eq!(refused, !is_taken, "the program: {key} = {value}: {told}");
        }
    }
}
