//! What somebody approves is a plan: its people, texts, account, campaign, wave, host and source of tokens.

use serde_json::Value as Json;

use crate::support::World;

const CAMPAIGN: &str = "[campaign]\nid = \"spring\"\ntitle = \"春季促销\"\n[account]\nappid = \"wx0123456789abcdef\"\n\
    [audience]\nfile = \"audience.csv\"\n[message.text]\ncontent = \"Hello {{name}}\"\n";

fn world() -> World {
    let world = World::with_recipients(2);
    world.file("campaign.toml", CAMPAIGN);
    world
}

fn plan(world: &World) -> Json {
    world.run(&["plan", "campaign.toml", "--format", "json"]).exits(0).json()
}

fn id(world: &World) -> String {
    plan(world)["plan"].as_str().expect("a plan id").to_owned()
}

#[test]
fn an_id_changes_with_everything_that_is_approved_and_with_nothing_else() {
    let world = world();
    let first = id(&world);
    assert!(first.starts_with("plan:") && first.len() == 69, "{first}");
    let with = |from: &str, to: &str| {
        world.file("campaign.toml", CAMPAIGN.replace(from, to));
        id(&world)
    };
    for (from, to) in [
        ("wx0123456789abcdef", "wx0123456789abcdee"),
        ("[audience]", "kind = \"mini-program\"\n[audience]"),
        ("id = \"spring\"", "id = \"autumn\""),
        ("[account]", "wave = 2\n[account]"),
        ("[audience]", "api_base = \"https://gateway.example.com\"\n[audience]"),
        ("[audience]", "failover_hosts = []\n[audience]"),
        ("[audience]", "secret_env = \"OTHER_SECRET\"\n[audience]"),
        ("[audience]", "token_command = [\"print-token\"]\n[audience]"),
        ("Hello", "Hullo"),
    ] {
        assert_ne!(with(from, to), first, "{to}");
    }
    for (from, to) in
        [("春季促销", "Spring"), ("[message", "[send]\nrate = \"1/s\"\n[message"), ("\n", "\n\n")]
    {
        assert_eq!(with(from, to), first, "{to}");
    }
}

#[test]
fn an_id_is_the_same_wherever_the_folder_lies_and_another_on_another_host() {
    let [here, there] = [(); 2].map(|()| world());
    let secret = |world: &World| {
        world.file(
            "campaign.toml",
            CAMPAIGN.replace("[audience]", "secret_file = \"keys/secret\"\n[audience]"),
        );
    };
    secret(&here);
    secret(&there);
    assert_eq!(id(&here), id(&there));
    let mut command = here.command(&["plan", "campaign.toml", "--format", "json"]);
    let ran = crate::support::Ran::of(
        command.env("WXCAST_API_BASE", "http://127.0.0.1:8045").output().expect("a run"),
    );
    let local = ran.exits(0).json();
    assert_ne!(local["plan"], plan(&there)["plan"]);
    assert_eq!(
        (&local["destination"], &local["hosts"][0]),
        (&"local".into(), &"http://127.0.0.1:8045".into())
    );
    assert_eq!(local["digest"], plan(&there)["digest"], "the texts are the same");
}

#[test]
fn another_plan_than_the_approved_one_closes_the_gate() {
    let world = world();
    let approved = id(&world);
    let digest = plan(&world)["digest"].as_str().expect("a digest").to_owned();
    let run = |value: &str| world.run(&["plan", "campaign.toml", "--expect-plan", value]);
    run(&approved).exits(0);
    world.file("campaign.toml", CAMPAIGN.replace("[account]", "wave = 2\n[account]"));
    // The digest of the texts is still the one of the first wave.
    world.run(&["plan", "campaign.toml", "--expect-digest", &digest]).exits(0);
    run(&approved).exits(8).says(&approved);
    world.run(&["send", "campaign.toml", "--yes", "--expect-plan", &approved]).exits(8).says(&approved);
    run(&digest).exits(2);
}

#[test]
fn a_plan_with_faults_has_no_id() {
    let world = world();
    world.file("audience.csv", "openid,name\n,A\n");
    let plan = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(3).json();
    assert_eq!(plan["plan"], Json::Null);
}

#[test]
fn title_hosts_that_are_not_wechats_and_the_program_that_prints_tokens_are_named_in_every_form() {
    let world = world();
    let own = "api_base = \"https://gateway.example.com\"\ntoken_command = [\"print-token\", \"--spring\"]\n[audience]";
    world.file("campaign.toml", CAMPAIGN.replace("[audience]", own));
    for format in ["human", "json", "markdown"] {
        let ran = world.run(&["plan", "campaign.toml", "--format", format]).exits(0);
        for word in ["春季促销", "gateway.example.com", "print-token"] {
            assert!(ran.stdout.contains(word), "{format}: {word} is missing in {}", ran.stdout);
        }
    }
    let human = world.run(&["plan", "campaign.toml"]).exits(0).stdout;
    assert!(human.contains("not a host of WeChat"), "{human}");
    assert!(human.trim_end().ends_with("Warnings:   0"), "{human}");
}

#[test]
fn an_approver_sees_that_messages_now_go_elsewhere() {
    let world = world();
    world.run(&["plan", "campaign.toml", "--format", "json", "-o", "approved.json"]).exits(0);
    world.file(
        "campaign.toml",
        CAMPAIGN.replace("[audience]", "api_base = \"https://gateway.example.com\"\n[audience]"),
    );
    let compared = ["plan", "campaign.toml", "--compare", "approved.json"];
    let human = world.run(&compared).exits(0).stdout;
    assert!(human.contains("before they went to: https://api.weixin.qq.com"), "{human}");
    let json = world.run(&[&compared[..], &["--format", "json"]].concat()).exits(0).json();
    assert_eq!(json["changes"]["earlier_hosts"][0], "https://api.weixin.qq.com");
    assert_eq!((&json["changes"]["unchanged"], &json["changes"]["changed"]), (&2.into(), &0.into()));
}
