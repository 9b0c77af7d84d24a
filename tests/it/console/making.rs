//! A campaign is made of a list and a text, tried and rehearsed.

use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpStream;

use crate::console::{Answer, Console, hidden};
use crate::support::{PATIENCE, Platform, World, openid};

/// Brings a file to the form that makes a campaign.
fn bring(console: &Console, name: &str, bytes: &[u8]) -> Answer {
    let page = console.get("/new").page();
    let seal = &hidden(&page, "/new")[0].1;
    multipart(console, seal, name, bytes)
}

fn multipart(console: &Console, seal: &str, name: &str, bytes: &[u8]) -> Answer {
    let begin = format!(
        "--limit\r\nContent-Disposition: form-data; name=\"seal\"\r\n\r\n{seal}\r\n--limit\r\n\
         Content-Disposition: form-data; name=\"list\"; filename=\"{name}\"\r\n\r\n"
    );
    let body = [begin.as_bytes(), bytes, b"\r\n--limit--\r\n"].concat();
    let head = format!(
        "POST /new HTTP/1.1\r\n{}\r\nOrigin: http://127.0.0.1:{}\r\nConnection: close\r\n\
         Content-Type: multipart/form-data; boundary=limit\r\nContent-Length: {}\r\n\r\n",
        console.own(),
        console.port,
        body.len()
    );
    let mut stream = TcpStream::connect(("127.0.0.1", console.port)).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.write_all(head.as_bytes()).expect("a head");
    // Whoever finds a file too large need not read it to its end.
    let _ = stream.write_all(&body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let at = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&answer[..at]).replace("\r\n", "\n");
    let status = head.get(9..12).and_then(|status| status.parse().ok()).expect("a status");
    Answer { status, head, body: answer[at + 4..].to_vec() }
}

/// An Excel file with a title above the names, and people in its second sheet.
fn workbook() -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let notes = book.add_worksheet().set_name("说明").expect("a name");
    notes.write(0, 0, "请看第二个工作表").expect("a cell");
    let list = book.add_worksheet().set_name("发送名单").expect("a name");
    list.write(0, 0, "三月会员名单").expect("a cell");
    for (row, cells) in [["会员编号", "姓名"], [&openid(0), "张三"], [&openid(1), "李四"]].iter().enumerate()
    {
        for (column, cell) in cells.iter().enumerate() {
            let at = (u32::try_from(row + 1).expect("a row"), u16::try_from(column).expect("a column"));
            list.write(at.0, at.1, *cell).expect("a cell");
        }
    }
    book.save_to_buffer().expect("a workbook")
}

#[test]
fn a_campaign_is_made_of_an_excel_file_and_a_text_and_sent() {
    let world = World::new();
    let platform = Platform::new("");
    let console = Console::at(&world, &platform);
    assert!(console.get("/").page().contains("There is no campaign in this folder yet"));
    let brought = bring(&console, "三月 名单.xlsx", &workbook());
    assert_eq!(brought.status, 303, "{}", brought.text());
    let path = brought.leads_to().to_owned();
    // The sheet with people and the row with names are found; the openids by what they look like.
    let page = console.get(&path).page();
    assert!(page.contains("三月会员名单") && page.contains("value=\"2\" checked"), "{page}");
    assert!(
        page.contains("value=\"会员编号\" checked") && page.contains("data-insert=\"{{姓名}}\""),
        "{page}"
    );
    let chosen = [("sheet", "发送名单"), ("header_row", "2"), ("openid", "会员编号"), ("kind", "text")];
    let written = |text: &'static str, more: &[(&'static str, &'static str)]| {
        let content =
            [("title", "三月问候"), ("appid", "wx0123456789abcdef"), ("text:message.text.content", text)];
        [&chosen[..], &content, more].concat()
    };
    // A wrong column is told beside the field, and nothing is made.
    let fields = written("{{姓 名}}，您好", &[("do", "make")]);
    let answer = console.submit(&page, &path, &fields);
    assert_eq!(answer.status, 409);
    assert!(!world.path("三月问候").exists(), "nothing was made");
    let answer = console.submit(&page, &path, &written("{{姓名}}，您好！\r\n🌸", &[("do", "look")]));
    assert_eq!(answer.leads_to(), format!("{path}#message"));
    let page = console.get(&path).page();
    assert!(page.contains("张三，您好！\n🌸") && page.contains("2 people would get it"), "{page}");
    let answer = console.submit(&page, &path, &written("{{姓名}}，您好！\r\n🌸", &[("do", "make")]));
    assert_eq!(answer.status, 303, "{}", answer.text());
    let campaign = answer.leads_to().to_owned();
    assert!(console.get(&campaign).page().contains("三月问候"));
    let toml = world.read("三月问候/campaign.toml");
    assert!(toml.contains("file = \"三月 名单.xlsx\"") && toml.contains("header_row = 2"), "{toml}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let list = std::fs::metadata(world.path("三月问候/三月 名单.xlsx")).expect("the list");
        assert_eq!(list.permissions().mode() & 0o777, 0o600, "people stand in it");
    }
    world.run_at(&platform, &["plan", "三月问候/campaign.toml"]).exits(0);
    assert_eq!(console.send(&campaign, "2").status, 303);
    console.wait(&campaign, "Done");
    assert_eq!(platform.ledger().openids(), [openid(0), openid(1)]);
    // It is made once.
    assert_eq!(console.get(&path).status, 404);
}

#[test]
fn every_kind_has_a_form_of_what_it_cannot_do_without() {
    let world = World::new();
    let console = Console::start(&world, &[]);
    let list = format!("openid,name\n{},Ann\n", openid(0));
    let path = bring(&console, "list.csv", list.as_bytes()).leads_to().to_owned();
    for kind in wxcast::message::KINDS {
        let page = console.get(&path).page();
        let fields = [("kind", kind.name()), ("openid", "openid"), ("header_row", "1"), ("do", "look")];
        assert_eq!(console.submit(&page, &path, &fields).status, 303);
        let page = console.get(&path).page();
        let asked = page.matches(&format!("name=\"text:message.{kind}.")).count();
        assert!((1..=4).contains(&asked), "{kind}: {asked}\n{page}");
    }
}

#[test]
fn only_lists_of_a_bounded_size_are_taken_and_only_with_the_seal_of_the_form() {
    let world = World::new();
    let console = Console::start(&world, &[]);
    for (name, bytes) in [("campaign.toml", &b"x"[..]), ("list.csv", b""), ("program.exe", b"MZ")] {
        let answer = bring(&console, name, bytes);
        assert!(
            answer.status == 409 && answer.text().contains("This is no list"),
            "{name}: {}",
            answer.text()
        );
    }
    assert_eq!(multipart(&console, "", "list.csv", b"openid\n").status, 403);
    let answer = bring(&console, "list.csv", &vec![b'x'; (64 << 20) + 1]);
    assert!(answer.status == 409 && answer.text().contains("larger than 64 MB"), "{}", answer.head);
    assert_eq!(console.get("/new/0000000000000000").status, 404);
    assert_eq!(
        std::fs::read_dir(world.dir()).expect("the folder").count(),
        0,
        "nothing came into the folder"
    );
}

#[test]
fn a_message_is_tried_and_the_campaign_rehearsed() {
    let world = World::with_recipients(3);
    let platform = Platform::new("");
    let console = Console::at(&world, &platform);
    let campaign = console.campaign();
    let path = format!("{campaign}/try");
    let page = console.get(&path).page();
    let answer = console.submit(&page, &path, &[("to", " ")]);
    assert!(answer.status == 409 && answer.text().contains("no tester is named"), "{}", answer.text());
    let tester = openid(77);
    assert_eq!(console.submit(&page, &path, &[("to", &tester), ("row", "2")]).leads_to(), path);
    platform.wait_for_requests(1);
    assert_eq!(platform.ledger().openids(), [tester]);
    console.wait(&path, "Look at the message on the phone");
    let page = console.get(&path).page();
    let answer = console.submit(&page, &format!("{path}/rehearse"), &[]);
    assert_eq!(answer.leads_to(), path);
    console.wait(&path, "3 sent");
    assert_eq!(platform.ledger().totals().requests, 1, "a rehearsal sends nobody anything");
    assert!(console.get(&campaign).page().contains("Ready for 3 people"), "neither counts as sent");
}
