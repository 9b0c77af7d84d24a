//! Who is let into the console, and what it keeps out of.

use std::process::Stdio;

use crate::console::{Console, cookie_of, hidden};
use crate::support::{Platform, World, finish};

#[test]
fn hostile_requests_are_refused_and_change_nothing() {
    let world = World::with_recipients(3);
    let platform = Platform::new("");
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    let (port, cookie, own) = (console.port, &console.cookie, console.own());
    let host = format!("Host: 127.0.0.1:{port}");
    let mut tried = 0;
    // Whoever does not come from here is let in nowhere.
    for (head, why) in [
        (format!("GET / HTTP/1.1\r\n{host}"), "no cookie"),
        (format!("GET / HTTP/1.1\r\n{host}\r\nSec-Fetch-Site: none"), "no cookie, by hand"),
        (format!("GET / HTTP/1.1\r\n{host}\r\nSec-Fetch-Site: none\r\nCookie: {cookie}0"), "another cookie"),
        (
            format!("GET / HTTP/1.1\r\n{host}\r\nSec-Fetch-Site: none\r\nCookie: wxcast-{port}="),
            "a blank cookie",
        ),
        (format!("GET / HTTP/1.1\r\n{host}\r\nCookie: {cookie}"), "nothing says that it comes from here"),
        (
            format!("GET / HTTP/1.1\r\n{host}\r\nCookie: {cookie}\r\nSec-Fetch-Site: cross-site"),
            "a page of the web",
        ),
        (
            format!("GET / HTTP/1.1\r\n{host}\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-site"),
            "a page of another port",
        ),
        ("GET / HTTP/1.1\r\nHost: evil.example".to_owned(), "another name"),
        (
            format!(
                "GET / HTTP/1.1\r\nHost: evil.example:{port}\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin"
            ),
            "another name that leads here",
        ),
        (
            format!(
                "GET / HTTP/1.1\r\nHost: 127.0.0.1.evil.example:{port}\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin"
            ),
            "a name that begins like ours",
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin"),
            "another port",
        ),
        (format!("GET / HTTP/1.1\r\n{own}\r\nHost: evil.example"), "two hosts"),
        (format!("GET / HTTP/1.1\r\n{own}\r\n{host}"), "our host twice"),
        (format!("GET / HTTP/1.0\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin"), "no host"),
        (format!("GET / HTTP/1.1\r\n{own}\r\nOrigin: http://evil.example"), "another origin"),
        (format!("GET / HTTP/1.1\r\n{own}\r\nOrigin: http://127.0.0.1:1"), "an origin of another port"),
        (
            format!("GET / HTTP/1.1\r\n{own}\r\nOrigin: https://127.0.0.1:{port}"),
            "an origin of another scheme",
        ),
        (format!("GET / HTTP/1.1\r\n{own}\r\nOrigin: null"), "a sandboxed frame"),
        (format!("GET /?token=0 HTTP/1.1\r\n{host}"), "a guessed token"),
        (format!("GET /?token= HTTP/1.1\r\n{host}"), "a blank token"),
        (
            format!(
                "GET {campaign}/results.xlsx HTTP/1.1\r\n{host}\r\nCookie: {cookie}\r\nSec-Fetch-Site: cross-site"
            ),
            "a link to a file",
        ),
        (
            format!(
                "GET {campaign}/events HTTP/1.1\r\n{host}\r\nCookie: {cookie}\r\nSec-Fetch-Site: cross-site"
            ),
            "another page that listens",
        ),
        (
            format!(
                "OPTIONS {campaign}/send HTTP/1.1\r\n{host}\r\nOrigin: http://evil.example\r\nAccess-Control-Request-Method: POST"
            ),
            "a question before a request",
        ),
        (format!("PUT {campaign}/send HTTP/1.1\r\n{host}\r\nOrigin: http://evil.example"), "another method"),
    ] {
        let answer = console.raw(&head, "");
        assert!(matches!(answer.status, 400 | 403), "{why}: {}", answer.head);
        assert!(!answer.text().contains("spring") && !answer.head.contains("access-control"), "{why}");
        assert!(!answer.head.contains("set-cookie"), "{why}");
        tried += 1;
    }
    // Whoever is let in changes nothing without the seal of just that change.
    let page = console.get(&format!("{campaign}/send")).page();
    let form = hidden(&page, &format!("{campaign}/send"));
    let field = |name: &str| form.iter().find(|(field, _)| field == name).expect("a field").1.clone();
    let (seal, plan) = (field("seal"), field("plan"));
    let other = hidden(&page, "/language")[0].1.clone();
    let send = format!("{campaign}/send");
    for (path, fields, why) in [
        (send.clone(), vec![("plan", &*plan), ("left", "3"), ("people", "3")], "no seal"),
        (send.clone(), vec![("seal", ""), ("plan", &*plan), ("left", "3"), ("people", "3")], "a blank seal"),
        (
            send.clone(),
            vec![("seal", &*other), ("plan", &*plan), ("left", "3"), ("people", "3")],
            "the seal of another form",
        ),
        (
            send.clone(),
            vec![("seal", &*seal), ("plan", "plan:0"), ("left", "3"), ("people", "3")],
            "another plan",
        ),
        (
            send.clone(),
            vec![("seal", &*seal), ("plan", &*plan), ("left", "2"), ("people", "2")],
            "another number",
        ),
        (format!("{campaign}/stop"), vec![("seal", &*seal)], "the seal of the sending for the stop"),
        (
            format!("{campaign}/resolve"),
            vec![("seal", &*seal), ("whom", "all"), ("verdict", "sent")],
            "for the settling",
        ),
        ("/language".to_owned(), vec![("seal", &*seal), ("language", "zh-CN")], "for the language"),
    ] {
        let answer = console.post(&path, &fields);
        assert_eq!(answer.status, 403, "{why}: {}", answer.head);
        tried += 1;
    }
    for path in [
        "/campaign/..",
        "/campaign/../../etc/passwd",
        "/campaign/%2e%2e%2fcampaign.toml",
        "/campaign.toml",
        "//evil.example/",
    ] {
        assert_eq!(console.get(path).status, 404, "{path}");
        tried += 1;
    }
    let large = "x".repeat(100_000);
    let answer = console.post(&send, &[("seal", &seal), ("people", &large)]);
    assert_eq!(answer.status, 413, "{}", answer.head);
    assert!(tried >= 30, "{tried}");
    assert_eq!(platform.ledger().totals().requests, 0);
}

#[test]
fn every_answer_has_the_headers_that_keep_it_here() {
    let world = World::with_recipients(1);
    let console = Console::start(&world, &[]);
    let refused = console.raw("GET / HTTP/1.1\r\nHost: evil.example", "");
    for answer in [console.get("/"), console.get("/style.css"), console.get("/nothing"), refused] {
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
             connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            "cache-control: no-store",
            "referrer-policy: same-origin",
            "x-content-type-options: nosniff",
            "x-frame-options: DENY",
        ] {
            assert!(answer.head.contains(header), "{header} is not in\n{}", answer.head);
        }
    }
}

#[test]
fn another_tab_gets_an_address_of_its_own_that_is_good_for_one_visit() {
    let world = World::with_recipients(1);
    let mut console = Console::start(&world, &[]);
    let url = world.run(&["console", ".", "--url"]).exits(0).stdout;
    let path = console.take(&url);
    let visit = console.visit(&path);
    let cookie = cookie_of(&console.raw(&visit, ""));
    assert_eq!(cookie, console.cookie);
    assert_eq!(console.raw(&visit, "").status, 403, "once");
    let empty = tempfile::tempdir().expect("a folder");
    world
        .run(&["console", empty.path().to_str().expect("a path"), "--url"])
        .exits(2)
        .says("No console is open");
}

#[test]
fn a_second_console_on_a_folder_shows_and_changes_nothing() {
    let world = World::with_recipients(3);
    let platform = Platform::new("");
    let _first = Console::at(&world, &platform);
    let second = Console::at(&world, &platform);
    let page = second.get("/").page();
    assert!(page.contains("Another console has this folder"), "{page}");
    let send = format!("{}/send", second.campaign());
    let page = second.get(&send).page();
    assert!(page.contains("3 people will get this message") && !page.contains("name=\"people\""), "{page}");
    assert_eq!(second.post(&send, &[("people", "3"), ("left", "3")]).status, 409);
    assert_eq!(platform.ledger().totals().requests, 0);
}

#[test]
fn it_ends_when_nobody_uses_it_and_nothing_runs() {
    let world = World::with_recipients(1);
    let mut console = Console::start(&world, &["--idle", "100ms"]);
    let process = console.process.take().expect("a process");
    finish(process).exits(0).says("Nobody has used the console");
}

#[test]
fn it_stays_while_something_is_being_sent() {
    let world = World::with_recipients(200);
    world.text_campaign("Hello {{name}}", "concurrency = 1");
    let platform = Platform::new("latency = \"10ms\"");
    let sender = world.start_send(&platform);
    platform.wait_for_requests(1);
    let mut command = world.command(&["console", ".", "--no-open", "--idle", "100ms"]);
    let process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let ran = finish(process).exits(0);
    assert!(!finish(sender).stdout.is_empty(), "{ran:?}");
    assert_eq!(platform.ledger().totals().requests, 200, "the console ended before the send did");
}

#[test]
fn a_link_out_of_the_folder_is_not_followed() {
    let world = World::with_recipients(1);
    let elsewhere = tempfile::tempdir().expect("a folder");
    std::fs::write(elsewhere.path().join("campaign.toml"), "[campaign]\nid = \"elsewhere\"").expect("a file");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(elsewhere.path(), world.path("folder")).expect("a link");
        std::os::unix::fs::symlink(elsewhere.path().join("campaign.toml"), world.path("link.toml"))
            .expect("a link");
    }
    let page = Console::start(&world, &[]).get("/").page();
    assert!(page.contains("spring") && !page.contains("elsewhere"), "{page}");
}

#[test]
fn whatever_is_refused_is_told_on_a_page() {
    let world = World::with_recipients(1);
    let console = Console::start(&world, &[]);
    let campaign = console.campaign();
    let answer = console.get("/campaign/0000000000000000");
    assert!(answer.status == 404 && answer.text().contains("There is no such page"), "{}", answer.text());
    let answer = console.post(&format!("{campaign}/send"), &[]);
    assert!(answer.status == 403 && answer.text().contains("Nothing was sent"), "{}", answer.text());
    let second = Console::start(&world, &[]);
    let page = second.get(&format!("{campaign}/send")).page();
    assert!(!page.contains("name=\"people\""), "{page}");
    let answer = second.post(&format!("{campaign}/send"), &[]);
    assert!(
        answer.status == 409 && answer.text().contains("another console has this folder"),
        "{}",
        answer.text()
    );
    // Whoever is not let in reads how to come in, and nothing of what is here.
    let head = format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nSec-Fetch-Site: none", console.port);
    let answer = console.raw(&head, "");
    assert!(answer.status == 403 && answer.text().contains("wxcast console --url"), "{}", answer.text());
}

#[cfg(unix)]
#[test]
fn lists_and_pictures_outside_of_the_folder_are_not_opened() {
    let world = World::new();
    let picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\x0cIDAT\x08\xd7c\xf8\xcf\xc0\0\0\x03\x01\x01\0\x18\xdd\x8d\xb0\0\0\0\0IEND\xaeB`\x82";
    world.file("outside/list.csv", "openid,name\noAAAAAAAAAAAAAAAAAAAAAAAAAAA,Hidden person\n");
    world.file("outside/secret.png", picture);
    let head = "[account]\nappid = \"wx0123456789abcdef\"\n[audience]\nfile = ";
    let text = "[message.text]\ncontent = \"Hello {{name}}\"\n";
    let campaign = |name: &str, list: &str, message: &str| {
        world.file(
            &format!("in/{name}/campaign.toml"),
            format!("[campaign]\nid = \"{name}\"\n{head}\"{list}\"\n{message}"),
        );
        world.file(&format!("in/{name}/own.csv"), "openid,name\noAAAAAAAAAAAAAAAAAAAAAAAAAAA,Ann\n");
    };
    campaign("way", "../../outside/list.csv", text);
    campaign("link", "link.csv", text);
    campaign("picture", "own.csv", "[message.image]\nfile = \"../../outside/secret.png\"\n");
    campaign("linked", "own.csv", "[message.image]\nfile = \"link.png\"\n");
    campaign("shared", "../lists/all.csv", text);
    world.file("in/lists/all.csv", "openid,name\noAAAAAAAAAAAAAAAAAAAAAAAAAAA,Ann\n");
    for (link, to) in [("link/link.csv", "list.csv"), ("linked/link.png", "secret.png")] {
        let to = world.path("outside").join(to);
        std::os::unix::fs::symlink(to, world.path("in").join(link)).expect("a link");
    }
    let console = Console::of(world.command(&["console", "in", "--no-open"]));
    let page = console.get("/").page();
    let keys: Vec<&str> =
        page.split("href=\"/campaign/").skip(1).map(|rest| rest.split('"').next().expect("a key")).collect();
    assert_eq!(keys.len(), 5, "{page}");
    let mut told = 0;
    for key in keys {
        let own = console.get(&format!("/campaign/{key}")).page();
        let is_outside = own.contains("outside of the repository");
        told += usize::from(is_outside);
        for screen in ["/edit", "/phones", "/send", "/results", "/try", "/runs"] {
            let page = console.get(&format!("/campaign/{key}{screen}")).page();
            assert!(
                !page.contains("Hidden person") && (!is_outside || !page.contains("/pictures/")),
                "{screen}: {page}"
            );
            assert!(!is_outside || !page.contains("name=\"people\""), "{screen}: {page}");
        }
        if is_outside {
            assert_eq!(console.get(&format!("/campaign/{key}/results.xlsx")).status, 409);
        }
    }
    assert_eq!(told, 4, "the list that campaigns of the folder share is inside");
}
