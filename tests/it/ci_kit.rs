//! What CI systems run of wxcast: the action, the GitLab template, the hooks and the image. Their steps run here as
//! they stand in their files; their services are the one thing that is missing.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;

#[cfg(unix)]
use crate::support::{APPID, openid};
use crate::support::{Ran, World, repository};

fn text(file: &str) -> String {
    fs::read_to_string(repository().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn yaml(file: &str) -> Json {
    serde_saphyr::from_str(&text(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// A repository with two sound campaigns and, if wanted, a faulty one; one of them has a blank in its path.
#[cfg(unix)]
fn campaigns(faulty: bool) -> World {
    let world = World::new();
    let mut folders = vec![("spring sale", true), ("wiz/autumn", true)];
    folders.extend(faulty.then_some(("broken", false)));
    for (folder, sound) in folders {
        let campaign = format!(
            "[campaign]\nid = \"c{}\"\n[account]\nappid = \"{APPID}\"\n[audience]\nfile = \"audience.csv\"\n\
             [message.text]\ncontent = \"Hello {{{{{}}}}}\"\n",
            folder.len(),
            if sound { "name" } else { "nmae" }
        );
        world.file(&format!("{folder}/campaign.toml"), campaign);
        world.file(&format!("{folder}/audience.csv"), format!("openid,name\n{},A\n", openid(1)));
    }
    world.file(".hidden/campaign.toml", "not for CI");
    world.file("Cargo.toml", "no campaign");
    world
}

/// A shell script in that repository, as a CI system would run it.
#[cfg(unix)]
fn shell(world: &World, script: &str, environment: &[(&str, String)]) -> Ran {
    let bin = Path::new(env!("CARGO_BIN_EXE_wxcast")).parent().expect("a folder");
    let path = std::env::var("PATH").expect("a PATH");
    let mut shell = Command::new("bash");
    shell.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(world.dir());
    // What a machine that runs these tests may have set itself.
    for variable in
        ["WXCAST_LANG", "WXCAST_APPID", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"]
    {
        shell.env_remove(variable);
    }
    shell.env("PATH", format!("{}:{}:{path}", world.dir().display(), bin.display())).env("CI", "true");
    shell.envs(environment.iter().map(|(name, value)| (*name, value)));
    Ran::of(shell.output().expect("bash"))
}

/// The shell step of the action of this name, with the environment that GitHub would give it.
#[cfg(unix)]
fn action_step(world: &World, name: &str) -> Ran {
    let action = yaml("action.yml");
    let steps = action["runs"]["steps"].as_array().expect("steps");
    let step = steps.iter().find(|step| step["name"] == name).expect("the step");
    let mut environment: Vec<(&str, String)> = step["env"]
        .as_object()
        .expect("an environment")
        .iter()
        .map(|(name, value)| (name.as_str(), filled(value.as_str().expect("a text"), &action, world)))
        .collect();
    environment.push(("GITHUB_WORKSPACE", world.dir().display().to_string()));
    environment.push(("GITHUB_OUTPUT", world.path("output").display().to_string()));
    environment.push(("GITHUB_STEP_SUMMARY", world.path("summary.md").display().to_string()));
    shell(world, step["run"].as_str().expect("a script"), &environment)
}

/// Fills the expressions that the action uses, its inputs with their defaults.
#[cfg(unix)]
fn filled(text: &str, action: &Json, world: &World) -> String {
    let campaigns = action["inputs"]["campaigns"]["default"].as_str().expect("a default");
    let text = text
        .replace(
            "${{ inputs.wxcast || steps.released.outputs.program || format('{0}/wxcast/bin/wxcast', runner.temp) }}",
            "wxcast",
        )
        .replace("${{ inputs.campaigns }}", campaigns)
        .replace("${{ runner.temp }}", world.path("temp").to_str().expect("UTF-8"))
        .replace("${{ github.action_path }}", repository().to_str().expect("UTF-8"));
    assert!(!text.contains("${{"), "an expression that this test does not know: {text}");
    text
}

#[cfg(unix)]
#[test]
fn the_action_plans_every_campaign_annotates_and_keeps_previews() {
    let world = campaigns(true);
    let ran = action_step(&world, "Plan every campaign").exits(3);
    let annotations: Vec<&str> = ran.stdout.lines().filter(|line| line.starts_with("::")).collect();
    assert_eq!(annotations.len(), 1, "{}", ran.stdout);
    let place = "::error file=broken/campaign.toml,line=8,col=20,title=unknown-variable::";
    assert!(annotations[0].starts_with(place), "{}", annotations[0]);
    let summary = world.read("summary.md");
    assert_eq!(summary.matches("### Plan: ").count(), 3, "{summary}");
    for campaign in ["spring sale", "wiz/autumn", "broken"] {
        let file = |name: &str| world.path(&format!("temp/wxcast-plans/{campaign}/campaign/{name}"));
        assert!(file("plan.json").exists() && file("junit.xml").exists(), "{campaign}");
        assert_eq!(file("preview.html").exists(), campaign != "broken", "{campaign}");
        let manifest = fs::read_to_string(file("plan.json")).expect("a manifest");
        assert!(!manifest.contains(&openid(1)), "openids are masked");
    }
}

#[cfg(unix)]
#[test]
fn the_action_is_content_when_every_campaign_is_sound() {
    let world = campaigns(false);
    let ran = action_step(&world, "Plan every campaign").exits(0);
    assert_eq!(ran.stdout, "");
}

#[cfg(unix)]
#[test]
fn a_built_program_is_looked_for_by_everything_that_it_is_built_from() {
    let world = World::new();
    action_step(&world, "Name the source").exits(0);
    let named = regex::Regex::new("^hash=[0-9a-f]{40}\n$").expect("a pattern");
    assert!(named.is_match(&world.read("output")), "{}", world.read("output"));
    let action = yaml("action.yml");
    let steps = action["runs"]["steps"].as_array().expect("steps");
    let key = steps.iter().find_map(|step| step["with"]["key"].as_str()).expect("a key");
    assert!(key.ends_with("${{ steps.source.outputs.hash }}"), "{key}");
    let named = steps.iter().find(|step| step["name"] == "Name the source").expect("the step");
    let script = named["run"].as_str().expect("a script");
    for source in sources_of_the_image() {
        let is_in_the_program = !["benches", "campaigns", "ci/plan-all.sh"].contains(&source.as_str());
        if is_in_the_program {
            assert!(script.contains(&format!(" {source} ")), "{source} is not in {script}");
        }
    }
}

/// A release with one archive for this computer, whose program says where it comes from.
#[cfg(target_os = "linux")]
fn release(world: &World) -> (String, PathBuf) {
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let folder = format!("wxcast-1.2.3-{target}");
    let archive = format!("{folder}.tar.gz");
    world.file(&format!("made/{folder}/wxcast"), "#!/bin/sh\necho released\n");
    let script = format!(
        "chmod +x made/{folder}/wxcast; mkdir -p releases/v1.2.3; tar -czf releases/v1.2.3/{archive} -C made {folder}
         cd releases/v1.2.3; sha256sum {archive} > SHA256SUMS"
    );
    shell(world, &script, &[]).exits(0);
    (archive, world.path("releases"))
}

/// Serves the files of a folder until the test ends, and 404 for all others. Gives the address.
#[cfg(target_os = "linux")]
fn serve(folder: PathBuf) -> String {
    use std::io::{BufRead as _, BufReader, Write as _};
    let server = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = format!("http://{}", server.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in server.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let request = lines.next().unwrap_or_default();
            let path = request.split(' ').nth(1).expect("a path").trim_start_matches('/').to_owned();
            while lines.next().is_some_and(|line| !line.is_empty()) {}
            let (status, body) = match fs::read(folder.join(path)) {
                Ok(body) => ("200 OK", body),
                Err(_) => ("404 Not Found", Vec::new()),
            };
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            stream.write_all(&[head.as_bytes(), &body].concat()).expect("curl reads");
        }
    });
    address
}

#[cfg(target_os = "linux")]
fn get_wxcast(world: &World, releases: &str, release: &str, sha256: &str) -> Ran {
    let script = repository().join("ci/get-wxcast.sh").display().to_string();
    let environment = [
        ("WXCAST_RELEASES", releases.to_owned()),
        ("WXCAST_RELEASE", release.to_owned()),
        ("WXCAST_SHA256", sha256.to_owned()),
        ("WXCAST_ROOT", world.path("got").display().to_string()),
    ];
    shell(world, &format!("'{script}'"), &environment)
}

#[cfg(target_os = "linux")]
#[test]
fn the_released_program_is_taken_when_its_checksum_is_right() {
    let world = World::new();
    let (archive, releases) = release(&world);
    let address = serve(releases.clone());
    let program = get_wxcast(&world, &address, "v1.2.3", "").exits(0).stdout;
    assert_eq!(shell(&world, program.trim_end(), &[]).exits(0).stdout, "released\n");

    let sums = world.read("releases/v1.2.3/SHA256SUMS");
    let sum = sums.split(' ').next().expect("a checksum");
    get_wxcast(&world, &address, "v1.2.3", sum).exits(0);
    get_wxcast(&world, &address, "v1.2.3", &sum.replace(char::is_alphabetic, "0")).exits(1).says("checksum");

    fs::write(releases.join("v1.2.3").join(archive), "another archive").expect("written");
    get_wxcast(&world, &address, "v1.2.3", "").exits(1).says("checksum");
}

#[cfg(target_os = "linux")]
#[test]
fn the_program_is_built_only_where_none_was_released() {
    let world = World::new();
    let (_, releases) = release(&world);
    let address = serve(releases);
    for none in ["v1.2.4", "main", "v1", "0123456789abcdef0123456789abcdef01234567", ""] {
        get_wxcast(&world, &address, none, "").exits(4);
    }
    // Nobody listens there. That there is no network does not mean that there is no release.
    let closed = get_wxcast(&world, "http://127.0.0.1:9", "v1.2.3", "");
    assert!(![0, 4].contains(&closed.code), "{}", closed.code);
}

#[cfg(unix)]
#[test]
fn planning_all_takes_patterns_and_says_when_none_matches() {
    let world = campaigns(true);
    let script = repository().join("ci/plan-all.sh").display().to_string();
    let with =
        |patterns: &str| shell(&world, &format!("'{script}'"), &[("WXCAST_CAMPAIGNS", patterns.to_owned())]);
    let some = with("wiz/*/campaign.toml\nspring sale/campaign.toml").exits(0);
    assert_eq!(some.stdout.matches("Digest:").count(), 2, "{}", some.stdout);
    with("nowhere/*.toml").exits(2).says("no campaign matches");
    // `**/` is also no folder at all, and a line may end as on Windows.
    let all = with("**/spring sale/campaign.toml\r\nwiz/**/autumn/**/campaign.toml").exits(0);
    assert_eq!(all.stdout.matches("Digest:").count(), 2, "{}", all.stdout);
    fs::copy(world.path("spring sale/campaign.toml"), world.path("campaign.toml")).expect("a copy");
    fs::copy(world.path("spring sale/audience.csv"), world.path("audience.csv")).expect("a copy");
    let root = with("**/campaign.toml").exits(3);
    assert_eq!(root.stdout.matches("Campaign:").count(), 4, "{}", root.stdout);
    let missing = [("WXCAST", "no-such-program".to_owned())];
    shell(&world, &format!("'{script}'"), &missing).exits(127);
}

#[cfg(unix)]
#[test]
fn the_gitlab_job_writes_the_reports_that_it_names() {
    let world = campaigns(true);
    std::os::unix::fs::symlink(repository().join("ci/plan-all.sh"), world.path("wxcast-plan-all"))
        .expect("a link");
    let template = yaml("ci/gitlab.yml");
    let job = &template["wxcast-plan"];
    let variables = [&template["variables"], &job["variables"]];
    let mut environment: Vec<(&str, String)> = variables
        .iter()
        .flat_map(|variables| variables.as_object().expect("variables"))
        .map(|(name, value)| (name.as_str(), value.as_str().expect("a text").to_owned()))
        .collect();
    environment.push(("CI_PROJECT_DIR", world.dir().display().to_string()));
    let script: Vec<&str> =
        job["script"].as_array().expect("a script").iter().filter_map(Json::as_str).collect();
    shell(&world, &script.join("\n"), &environment).exits(3).says("unknown-variable");
    let reports = &job["artifacts"]["reports"];
    let quality: Json =
        serde_json::from_str(&world.read(reports["codequality"].as_str().expect("a file"))).expect("JSON");
    let findings = quality.as_array().expect("a list");
    assert_eq!(findings.len(), 1, "{quality}");
    assert_eq!(
        findings[0]["location"],
        serde_json::json!({ "path": "broken/campaign.toml", "lines": { "begin": 8 } })
    );
    assert_eq!(reports["junit"], "wxcast-plans/**/junit.xml");
    assert!(world.read("wxcast-plans/broken/campaign/junit.xml").contains("<failure"));
}

#[cfg(unix)]
#[test]
fn reports_of_ci_are_neither_read_nor_written_through_links_that_somebody_committed() {
    let script = repository().join("ci/plan-all.sh").display().to_string();
    let outside = tempfile::tempdir().expect("a folder");
    let secret = outside.path().join("secret.txt");
    let link = |world: &World, name: &str, to: &Path| {
        let path = world.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::os::unix::fs::symlink(to, path).expect("a link");
    };
    for (name, to, out) in [
        ("wxcast-plans/evil/codequality.json", secret.as_path(), "wxcast-plans"),
        ("wxcast-plans/gl-code-quality-report.json", secret.as_path(), "wxcast-plans"),
        ("wxcast-plans", outside.path(), "wxcast-plans"),
        ("build", outside.path(), "build/plans"),
    ] {
        fs::write(&secret, "TOPSECRET").expect("a file");
        let world = campaigns(false);
        link(&world, name, to);
        let gitlab = [("WXCAST_FORMAT", "gitlab".to_owned()), ("WXCAST_OUT", out.to_owned())];
        let ran = shell(&world, &format!("'{script}'"), &gitlab).exits(2);
        assert!(ran.stderr.contains("is a link"), "{name}: {}", ran.stderr);
        assert_eq!(fs::read_to_string(&secret).expect("a file"), "TOPSECRET");
        assert_eq!(fs::read_dir(outside.path()).expect("a folder").count(), 1, "{name}");
    }
    let world = campaigns(true);
    world.file("wxcast-plans/evil/codequality.json", "[\n{\"foreign\":1}\n]\n");
    let gitlab = [("WXCAST_FORMAT", "gitlab".to_owned())];
    shell(&world, &format!("'{script}'"), &gitlab).exits(3);
    let report = world.read("wxcast-plans/gl-code-quality-report.json");
    assert!(report.contains("broken/campaign.toml") && !report.contains("foreign"), "{report}");
}

#[cfg(unix)]
#[test]
fn the_hook_plans_what_is_in_the_index() {
    let world = campaigns(true);
    let hooks = yaml(".pre-commit-hooks.yaml");
    let hook = &hooks.as_array().expect("hooks")[0];
    assert_eq!(hook["pass_filenames"], false);
    let entry = hook["entry"].as_str().expect("an entry");
    let git = "git init -q . && git add";
    shell(&world, &format!("{git} '*campaign.toml' '*audience.csv'"), &[]).exits(0);
    shell(&world, entry, &[]).exits(3).says("did you mean `name`");
    shell(&world, &format!("{entry} 'wiz/*.toml' 'spring*/campaign.toml'"), &[]).exits(0);
    shell(&world, "git rm -q --cached broken/campaign.toml .hidden/campaign.toml", &[]).exits(0);
    shell(&world, entry, &[]).exits(0);
}

/// A folder whose name looks like a flag, and a campaign that is a link to one elsewhere; both faulty.
#[cfg(unix)]
fn odd_campaigns() -> World {
    let world = campaigns(false);
    let campaign = fs::read_to_string(world.path("spring sale/campaign.toml")).expect("a campaign");
    let faulty = |from: &str| campaign.replace("{{name}}", from);
    world.file("-hotel/campaign.toml", faulty("{{hotel}}"));
    world.file("-hotel/audience.csv", format!("openid,name\n{},A\n", openid(1)));
    world.file("shared/linked.txt", faulty("{{linked}}"));
    world.file("links/audience.csv", format!("openid,name\n{},A\n", openid(1)));
    std::os::unix::fs::symlink("../shared/linked.txt", world.path("links/campaign.toml")).expect("a link");
    world.file("shared/whole/audience.csv", format!("openid,name\n{},A\n", openid(1)));
    world.file(
        "shared/whole/deep/campaign.toml",
        faulty("{{folder}}").replace("audience.csv", "../audience.csv"),
    );
    std::os::unix::fs::symlink("shared/whole", world.path("-linked folder")).expect("a link");
    world
}

#[cfg(unix)]
#[test]
fn planning_all_reads_folders_that_look_like_flags_and_what_is_linked() {
    let world = odd_campaigns();
    let script = repository().join("ci/plan-all.sh").display().to_string();
    let ran = shell(&world, &format!("'{script}'"), &[]).exits(3);
    for variable in ["hotel", "linked", "folder"] {
        assert!(ran.stderr.contains(variable), "{variable} passed unread: {}", ran.stderr);
    }
    assert!(world.path("wxcast-plans/-hotel/campaign/plan.json").exists());
    for (pattern, exit) in
        [("-hotel/campaign.toml", 3), ("./-hotel/*.toml", 3), ("links/campaign.toml", 3), ("wiz/**", 0)]
    {
        let only = [("WXCAST_CAMPAIGNS", pattern.to_owned()), ("WXCAST_OUT", "-out".to_owned())];
        shell(&world, &format!("'{script}'"), &only).exits(exit);
    }
    assert!(world.path("-out/-hotel/campaign/junit.xml").exists());
    let gitlab = [("WXCAST_FORMAT", "gitlab".to_owned()), ("WXCAST_OUT", "-out".to_owned())];
    shell(&world, &format!("'{script}'"), &gitlab).exits(3);
    let quality: Json = serde_json::from_str(&world.read("-out/gl-code-quality-report.json")).expect("JSON");
    assert_eq!(quality.as_array().map(Vec::len), Some(4), "{quality}");
}

#[cfg(unix)]
#[test]
fn the_hook_reads_folders_that_look_like_flags_and_what_is_linked() {
    let world = odd_campaigns();
    let hooks = yaml(".pre-commit-hooks.yaml");
    let entry = hooks[0]["entry"].as_str().expect("an entry");
    shell(&world, "git init -q . && git add --all .", &[]).exits(0);
    let ran = shell(&world, entry, &[]).exits(3);
    for variable in ["hotel", "linked", "folder"] {
        assert!(ran.stderr.contains(variable), "{variable} passed unread: {}", ran.stderr);
    }
    shell(&world, &format!("{entry} '-hotel/campaign.toml'"), &[]).exits(3).says("hotel");
}

#[test]
fn the_other_hook_refuses_what_says_who_was_sent_what() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let hook = &hooks.as_array().expect("hooks")[1];
    let refused = regex::Regex::new(hook["files"].as_str().expect("a pattern")).expect("a pattern");
    for file in [".wxcast/journal.sqlite3", "a/.wxcast/x.lock", "a/audience.results.csv", "b.results.2.csv"] {
        assert!(refused.is_match(file), "{file}");
    }
    for file in ["audience.csv", "campaign.toml", "results.csv", "wxcast/x"] {
        assert!(!refused.is_match(file), "{file}");
    }
}

#[test]
fn every_step_names_its_shell_and_every_action_its_version() {
    let mut steps = yaml("action.yml")["runs"]["steps"].as_array().expect("steps").clone();
    for step in steps.iter().filter(|step| step.get("run").is_some()) {
        assert_eq!(step["shell"], "bash", "{step}");
        // What somebody else wrote reaches a script as a variable, never as a part of it.
        assert!(!step["run"].as_str().expect("a script").contains("${{"), "{step}");
    }
    for entry in fs::read_dir(repository().join(".github/workflows")).expect("workflows") {
        let file = entry.expect("an entry").path();
        let workflow: Json =
            serde_saphyr::from_str(&fs::read_to_string(&file).expect("a workflow")).expect("YAML");
        let jobs = workflow["jobs"].as_object().expect("jobs");
        steps.extend(jobs.values().flat_map(|job| job["steps"].as_array().expect("steps").clone()));
    }
    let used: Vec<&str> = steps.iter().filter_map(|step| step["uses"].as_str()).collect();
    assert!(used.len() > 2, "{used:?}");
    // By its commit: a name may be moved to another one by whoever gets hold of it.
    let pinned = regex::Regex::new("^[a-z-]+/[a-z-]+@[0-9a-f]{40}$").expect("a pattern");
    assert!(used.iter().all(|action| pinned.is_match(action)), "{used:?}");
}

#[test]
fn the_action_uses_the_inputs_that_it_has() {
    let action = text("action.yml");
    let uses = regex::Regex::new(r"inputs\.([a-z0-9-]+)").expect("a pattern");
    let used: BTreeSet<String> = uses.captures_iter(&action).map(|found| found[1].to_owned()).collect();
    let inputs = yaml("action.yml")["inputs"].as_object().expect("inputs").clone();
    assert_eq!(used, inputs.keys().cloned().collect());
    assert!(
        inputs
            .values()
            .all(|input| input["description"].as_str().is_some() && input.get("default").is_some())
    );
}

#[test]
fn the_image_holds_little_and_runs_without_rights() {
    let dockerfile = text("Dockerfile");
    let lines: Vec<Vec<&str>> = dockerfile.lines().map(|line| line.split_whitespace().collect()).collect();
    let of = |word: &str| lines.iter().filter(|line| line.first() == Some(&word)).collect::<Vec<_>>();
    let from: Vec<&str> = of("FROM").iter().map(|line| line[1]).collect();
    assert_eq!(from.len(), 3, "built in one image, kept in two others: {from:?}");
    assert_eq!(from[2], "scratch", "the one without a target holds the program alone");
    let toolchain =
        text("Cargo.toml").lines().find_map(|line| line.strip_prefix("rust-version = ").map(str::to_owned));
    let toolchain = toolchain.expect("a version");
    assert!(of("FROM")[0][1].starts_with(&format!("rust:{}-", toolchain.trim_matches('"'))), "{lines:?}");
    let users = of("USER");
    assert_eq!(users.len(), 2, "one of each image that is kept");
    for user in users {
        let number: Result<u32, _> = user[1].parse();
        assert!(number.is_ok_and(|number| number > 0), "by number, so that others see that it is not root");
    }
    let user = lines.iter().position(|line| line.first() == Some(&"USER")).expect("a user");
    assert!(lines.iter().skip(user).all(|line| line.first() != Some(&"RUN")), "nothing is done after");
}

#[test]
fn what_the_image_is_built_from_is_a_whole_package() {
    let world = World::new();
    let sources = sources_of_the_image();
    let ignored = text(".dockerignore");
    for source in &sources {
        let top = source.split('/').next().expect("a name");
        assert!(ignored.contains(&format!("!{top}\n")), ".dockerignore leaves {source} out");
        copy(&repository().join(source), &world.path(source));
    }
    assert!(world.path(".cargo/config.toml").exists(), "SQLite is built as it is here");
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let metadata = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--locked", "--format-version", "1"])
        .current_dir(world.dir())
        .output();
    Ran::of(metadata.expect("cargo runs")).exits(0);
    let included = regex::Regex::new(r#"include_(?:str|bytes)!\("((?:\.\./)+[^"]+)""#).expect("a pattern");
    let mut seen = 0;
    for file in rust_files(&repository().join("src")) {
        if file.components().any(|part| part.as_os_str() == "tests") {
            continue;
        }
        for found in included.captures_iter(&fs::read_to_string(&file).expect("a source file")) {
            seen += 1;
            let path = file.parent().expect("a folder").join(&found[1]).canonicalize().expect("a file");
            let inside = path.strip_prefix(repository().canonicalize().expect("a folder")).expect("inside");
            assert!(
                world.path(inside.to_str().expect("UTF-8")).exists(),
                "{} is not copied",
                inside.display()
            );
        }
    }
    assert!(seen > 1, "only {seen} were found");
}

/// What the image is made of, as far as it is in this repository.
fn sources_of_the_image() -> Vec<String> {
    let dockerfile = text("Dockerfile");
    let copied = dockerfile.lines().filter_map(|line| line.strip_prefix("COPY "));
    let copied = copied.filter(|line| !line.starts_with("--"));
    copied.flat_map(|line| line.split_whitespace().rev().skip(1)).map(str::to_owned).collect()
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("a folder");
        for entry in fs::read_dir(from).expect("a folder") {
            let entry = entry.expect("an entry");
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        fs::copy(from, to).expect("a copy");
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) = entries.partition(|path| path.is_dir());
    let files = files.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs"));
    files.chain(folders.iter().flat_map(|folder| rust_files(folder))).collect()
}
