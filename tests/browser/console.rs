//! The console as a browser shows it: from the folder to the results, by keyboard alone, in both languages, with every
//! screen held to what is asked of every page. Pictures of all screens are kept.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use serde_json::Value as Json;

use crate::chromium::Browser;
use crate::support::{World, openid, repository};

/// The widths of a phone, a small and a large screen, in another light each for each language.
const WIDTHS: [(u32, [&str; 2]); 3] =
    [(360, ["light", "dark"]), (1024, ["dark", "light"]), (1440, ["light", "dark"])];

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

/// A process that says an address, ended with the test.
struct Served {
    process: Child,
    url: String,
}

impl Served {
    fn start(mut command: std::process::Command) -> Self {
        let mut process =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary starts");
        let mut url = String::new();
        BufReader::new(process.stdout.take().expect("a stdout")).read_line(&mut url).expect("an address");
        Self { process, url: url.trim().to_owned() }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A folder with campaigns as people have them: one that is ready, one with faults, one that was sent in part.
fn folder() -> (World, Served) {
    let world = World::new();
    let simulator =
        world.file("slow.toml", "latency = \"60ms\"\n[[answers]]\ncode = 45015\nmessages = [3, 9]\n");
    let simulator =
        Served::start(world.command(&["simulator", "--scenario", simulator.to_str().expect("a path")]));
    let mut csv = String::from("openid,姓名,优惠码\n");
    for (index, name) in
        ["张伟", "王芳", "李娜", "刘洋", "陈静", "杨帆", "赵磊", "黄敏", "周杰", "吴婷", "徐丽", "孙强"]
            .iter()
            .enumerate()
    {
        csv.push_str(&format!("{},{name},SPRING{index:02}\n", openid(index)));
    }
    let campaign = |id: &str, title: &str, text: &str, more: &str| {
        world.file(&format!("{id}/名单.csv"), &csv);
        world.file(
            &format!("{id}/campaign.toml"),
            format!(
                "[campaign]\nid = \"{id}\"\ntitle = \"{title}\"\n[account]\nappid = \"wx0123456789abcdef\"\n\
                 [audience]\nfile = \"名单.csv\"\n[message.text]\ncontent = '''{text}'''\n\
                 [send]\nconcurrency = 1\nrate = \"10000/s\"\n{more}"
            ),
        );
    };
    campaign(
        "spring-sale",
        "春季促销",
        "{{姓名}}，您好！\n春季促销开始啦 🌸 您的优惠码是 {{优惠码}}，3 月 31 日前有效。",
        "",
    );
    campaign("faulty", "会员日提醒", "{{姓名}}，{{积分}} 分即将到期。", "");
    campaign("win-back", "老客回访", "{{姓名}}，好久不见！", "");
    (world, simulator)
}

/// Walks through the console.
pub(crate) async fn a_console_is_walked_through_by_keyboard(browser: &Browser) {
    let (world, simulator) = folder();
    // The second of these is interrupted by what nobody knows.
    let part = ["send", "win-back/campaign.toml", "--yes", "--limit", "4", "--progress", "none"];
    let sent = world.command(&part).env("WXCAST_API_BASE", &simulator.url).output().expect("the binary runs");
    assert_eq!(sent.status.code(), Some(7), "{}", String::from_utf8_lossy(&sent.stderr));
    let mut command = world.command(&["console", ".", "--no-open", "--lang", "zh-CN"]);
    command.env("WXCAST_API_BASE", &simulator.url);
    let console = Served::start(command);
    browser.open(&console.url).await;
    browser.requests().await;
    browser.console().await;
    browser.wait_for("可以发送给 12 人").await;
    screen(browser, "folder").await;
    // A new campaign, of a list that is chosen by its path as a browser's own window would do it.
    go(browser, "a[href='/new']", None).await;
    screen(browser, "new").await;
    let list = world.path("spring-sale/名单.csv");
    to(browser, "#list", None).await;
    browser.type_in(list.to_str().expect("a path")).await;
    browser.run("document.querySelector('[data-drop]').requestSubmit()").await;
    browser.wait_for("列名在哪一行").await;
    to(browser, "#title", None).await;
    browser.type_in("五月回馈").await;
    to(browser, "textarea", None).await;
    browser.type_in("您好，").await;
    // The column is put where the text was left, and the phone follows.
    to(browser, "[data-insert='{{姓名}}']", None).await;
    browser.type_in(ENTER).await;
    browser.wait_for("您好，张伟").await;
    screen(browser, "write").await;
    to(browser, "button[value=make]", None).await;
    browser.type_in(ENTER).await;
    browser.wait_for("五月回馈").await;
    browser.wait_for("看看消息").await;
    go(browser, ".home", None).await;
    // To a campaign with faults, and back.
    go(browser, "a[href^='/campaign/']", Some("会员日提醒")).await;
    browser.wait_for("需要改正").await;
    screen(browser, "campaign-faulty").await;
    go(browser, ".home", None).await;
    go(browser, "a[href^='/campaign/']", Some("老客回访")).await;
    browser.wait_for("继续发送").await;
    screen(browser, "campaign-begun").await;
    go(browser, ".home", None).await;
    go(browser, "a[href^='/campaign/']", Some("春季促销")).await;
    screen(browser, "campaign").await;
    go(browser, ".tabs a", Some("修改")).await;
    screen(browser, "edit").await;
    screen(browser, "edit-open").await;
    // The phone follows what is written, and the file does once it is saved.
    to(browser, "textarea[data-text]", None).await;
    browser.type_in("大家好！").await;
    browser.wait_for("大家好！").await;
    to(browser, "button[value=save]", None).await;
    browser.type_in(ENTER).await;
    browser.wait_for("已保存").await;
    assert!(world.read("spring-sale/campaign.toml").contains("大家好！"));
    go(browser, ".tabs a", Some("试发")).await;
    screen(browser, "try").await;
    go(browser, ".tabs a", Some("记录")).await;
    screen(browser, "runs").await;
    go(browser, ".tabs a", Some("活动")).await;
    go(browser, ".next a.button", None).await;
    browser.wait_for("SPRING00").await;
    screen(browser, "phones").await;
    to(browser, "#who", None).await;
    browser.type_in(&format!("李娜{ENTER}")).await;
    browser.wait_for("“李娜”").await;
    browser.wait_for("SPRING02").await;
    go(browser, "main a.button", None).await;
    browser.wait_for("12 人将收到这条消息").await;
    screen(browser, "send").await;
    to(browser, "#people", None).await;
    browser.type_in(&format!("13{ENTER}")).await;
    browser.wait_for("您填写的人数不是 12").await;
    screen(browser, "send-miscounted").await;
    to(browser, "#people", None).await;
    browser.type_in(&format!("12{ENTER}")).await;
    browser.wait_for("停止发送").await;
    browser.wait_for("可以关掉这一页").await;
    screen(browser, "running").await;
    // The script leads on when it is over.
    browser.wait_for("下载 Excel").await;
    browser.wait_for("45015").await;
    screen(browser, "results").await;
    go(browser, ".tabs a", Some("记录")).await;
    browser.wait_for("这个公众号的各个活动").await;
    screen(browser, "runs-beside").await;
    let elsewhere: Vec<String> =
        browser.requests().await.into_iter().filter(|url| !url.starts_with(origin(&console.url))).collect();
    assert_eq!(elsewhere, Vec::<String>::new(), "nothing is asked of anybody else");
    browser.open("about:blank").await;
    browser.console().await;
}

/// The address without the token.
fn origin(url: &str) -> &str {
    url.split("?token=").next().expect("an address")
}

/// Comes by the Tab key to the first element that a selector finds, with this text where one is given.
async fn to(browser: &Browser, selector: &str, text: Option<&str>) {
    let text = text.unwrap_or("");
    let is_there = format!(
        "const at = document.activeElement; return at.matches({selector:?}) && at.textContent.includes({text:?})"
    );
    for _ in 0..80 {
        if browser.run(&is_there).await == Json::Bool(true) {
            return;
        }
        browser.type_in(TAB).await;
    }
    panic!("{selector} with {text:?} is not reached by the keyboard");
}

/// The same, and follows it.
async fn go(browser: &Browser, selector: &str, text: Option<&str>) {
    to(browser, selector, text).await;
    let before = browser.run("return document.activeElement.href").await;
    browser.type_in(ENTER).await;
    let there = format!("return location.href === {before}");
    for _ in 0..200 {
        if browser.run(&there).await == Json::Bool(true) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("{before} did not open");
}

/// Holds a screen to what is asked of every page, in both languages and at every width, and keeps pictures.
async fn screen(browser: &Browser, name: &str) {
    for (at, language) in ["zh-CN", "en"].into_iter().enumerate() {
        if at == 1 {
            other_language(browser, "en").await;
        }
        if name.ends_with("-open") {
            browser.run("document.querySelectorAll('details.section, details.inner').forEach((it) => (it.open = true))").await;
        }
        for (width, schemes) in WIDTHS {
            let scheme = schemes[at];
            browser.show(width, scheme).await;
            for look in ["overflows", "overlaps", "pale", "unnamed"] {
                let wrong = browser.look(look).await;
                assert_eq!(
                    wrong,
                    Json::Array(Vec::new()),
                    "{name} in {language} at {width}, {scheme}: {look}"
                );
            }
            assert_eq!(
                browser.axe().await,
                Json::Array(Vec::new()),
                "{name} in {language} at {width}, {scheme}: axe-core"
            );
            browser.picture(&format!("console-{name}-{language}-{width}-{scheme}"), width).await;
        }
        if std::env::var_os("UPDATE_DOCS").is_some() && ["folder", "send", "results"].contains(&name) {
            picture_for_the_manual(browser, name, language).await;
        }
    }
    other_language(browser, "zh-CN").await;
    browser.show(1024, "light").await;
    let said = browser.console().await.into_iter();
    // What is refused is told so, which a browser notes.
    let wrong: Vec<String> = said.filter(|line| !line.contains(" 409 (Conflict)")).collect();
    assert_eq!(wrong, Vec::<String>::new(), "{name}");
}

/// Keeps what a screen looks like by day: the manual shows it, in each language its own.
async fn picture_for_the_manual(browser: &Browser, name: &str, language: &str) {
    browser.show(1024, "light").await;
    let picture = browser.picture_of("main").await;
    let folder = repository().join("docs/pictures");
    let folder = if language == "en" { folder } else { folder.join(language) };
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join(format!("console-{name}.png")), picture).expect("a written picture");
}

/// Presses the button of the other language.
async fn other_language(browser: &Browser, language: &str) {
    let is_there = format!("return document.documentElement.lang === {language:?}");
    browser.run(&format!("document.querySelector('.language button[value={language}]')?.click()")).await;
    for _ in 0..200 {
        if browser.run(&is_there).await == Json::Bool(true) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the language did not become {language}");
}
