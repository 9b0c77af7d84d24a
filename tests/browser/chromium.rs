//! A headless Chromium, driven through its own driver.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use axum::http::Method;
use fantoccini::wd::{PrintConfigurationBuilder, PrintSize, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Url;
use serde_json::{Value as Json, json};

use crate::support::PATIENCE;

/// What is looked at in a page, as functions of the page.
const LOOK: &str = include_str!("look.js");
/// What axe-core finds in a page, one line a finding: the rule, and the first element that breaks it.
const FINDINGS: &str = "return axe.run(document, { resultTypes: ['violations'] }).then((found) => \
                        found.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes[0].html.slice(0, 200)}`))";

/// A browser with one window.
pub(crate) struct Browser {
    driver: Child,
    client: Client,
    /// axe-core, where it was fetched.
    axe: Option<String>,
}

/// A command that WebDriver's own list lacks.
#[derive(Debug)]
struct Extra {
    path: &'static str,
    body: Json,
}

impl WebDriverCompatibleCommand for Extra {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, <Url as std::str::FromStr>::Err> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

impl Browser {
    /// Starts the browser of this machine. Without one nothing is started, which is told on stderr; in CI, where
    /// one is installed, that is a failure.
    pub(crate) async fn start() -> Option<Self> {
        let programs = (find(&["chromedriver"]), find(&["chromium", "chromium-browser", "google-chrome"]));
        let (Some(driver), Some(chromium)) = programs else {
            let wanted = "no chromedriver and chromium (Debian: chromium, chromium-driver)";
            assert!(std::env::var_os("CI").is_none(), "{wanted}");
            eprintln!("SKIPPED: the pages were not looked at in a browser, there is {wanted}");
            return None;
        };
        let (driver, port) = start(&driver);
        let capabilities = json!({
            "goog:chromeOptions": {
                "binary": chromium,
                // In a container there is neither a sandbox for root nor much shared memory.
                "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars"],
            },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        });
        let Json::Object(capabilities) = capabilities else { unreachable!("an object") };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("a session");
        Some(Self { driver, client, axe: axe() })
    }

    /// Opens a page.
    pub(crate) async fn open(&self, url: &str) {
        self.client.goto(url).await.expect("an open page");
    }

    /// Shows the page so wide, and as light or dark as the system would be.
    pub(crate) async fn show(&self, width: u32, scheme: &str) {
        let media = json!({ "media": "", "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", media).await;
        self.resize(width, 900).await;
    }

    /// Shows the page as it is printed on paper so wide.
    pub(crate) async fn show_on_paper(&self, width: u32) {
        self.devtools("Emulation.setEmulatedMedia", json!({ "media": "print" })).await;
        self.resize(width, 900).await;
    }

    /// Prints the page into a file beside the pictures.
    pub(crate) async fn print(&self, name: &str) {
        let paper = PrintConfigurationBuilder::default().size(PrintSize::A4).build().expect("a page");
        let printed = self.client.print(paper).await.expect("a printed page");
        let folder = pictures();
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(format!("{name}.pdf")), printed).expect("a written file");
    }

    async fn resize(&self, width: u32, height: u64) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// A picture of the whole page.
    pub(crate) async fn picture(&self, name: &str, width: u32) {
        let height = self.run("return document.documentElement.scrollHeight").await;
        self.resize(width, height.as_u64().expect("a height")).await;
        let picture = self.client.screenshot().await.expect("a picture");
        let folder = pictures();
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(format!("{name}.png")), picture).expect("a written picture");
    }

    /// A picture of the first element that a selector finds, as a PNG.
    pub(crate) async fn picture_of(&self, selector: &str) -> Vec<u8> {
        let element = self.client.find(fantoccini::Locator::Css(selector)).await.expect("an element");
        element.screenshot().await.expect("a picture")
    }

    /// Runs a script in the page.
    pub(crate) async fn run(&self, script: &str) -> Json {
        self.client.execute(script, Vec::new()).await.expect("a script")
    }

    /// Runs one of the functions that look at the page.
    pub(crate) async fn look(&self, function: &str) -> Json {
        self.run(&format!("{LOOK}\nreturn {function}();")).await
    }

    /// What axe-core finds in the page.
    pub(crate) async fn axe(&self) -> Json {
        let Some(axe) = &self.axe else { return Json::Array(Vec::new()) };
        if self.run("return typeof window.axe").await == "undefined" {
            self.run(axe).await;
        }
        self.run(FINDINGS).await
    }

    /// Presses a key.
    pub(crate) async fn press(&self, key: char) {
        for kind in ["rawKeyDown", "keyUp"] {
            let code = u32::from(key);
            let event = json!({ "type": kind, "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": code });
            self.devtools("Input.dispatchKeyEvent", event).await;
        }
    }

    /// Types into whatever has the focus.
    pub(crate) async fn type_in(&self, keys: &str) {
        let element = self.client.active_element().await.expect("an element with the focus");
        element.send_keys(keys).await.expect("typed keys");
    }

    /// Waits until the page says something.
    pub(crate) async fn wait_for(&self, text: &str) {
        let locator = format!("//*[contains(., '{text}')]");
        let found = self.client.wait().at_most(PATIENCE).for_element(fantoccini::Locator::XPath(&locator));
        assert!(found.await.is_ok(), "{text:?} did not appear");
    }

    /// What the console was told since it was asked last.
    pub(crate) async fn console(&self) -> Vec<String> {
        let entries = self.log("browser").await;
        entries.iter().map(|entry| entry["message"].to_string()).collect()
    }

    /// The addresses that were asked for since it was asked last, other than those that are data themselves.
    pub(crate) async fn requests(&self) -> Vec<String> {
        let mut addresses = Vec::new();
        for entry in self.log("performance").await {
            let text = entry["message"].as_str().expect("an event");
            let event: Json = serde_json::from_str(text).expect("JSON");
            if event["message"]["method"] == "Network.requestWillBeSent" {
                let url = event["message"]["params"]["request"]["url"].as_str().expect("an address");
                addresses.extend((!url.starts_with("data:")).then(|| url.to_owned()));
            }
        }
        addresses
    }

    async fn log(&self, which: &str) -> Vec<Json> {
        let entries = self.extra("se/log", json!({ "type": which })).await;
        entries.as_array().expect("a log").clone()
    }

    async fn devtools(&self, command: &str, parameters: Json) {
        self.extra("goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await;
    }

    async fn extra(&self, path: &'static str, body: Json) -> Json {
        self.client.issue_cmd(Extra { path, body }).await.expect("a command that the driver knows")
    }

    /// Closes it.
    pub(crate) async fn close(mut self) {
        let _ = self.client.clone().close().await;
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Drop for Browser {
    /// Also where a test fails no driver stays behind; it takes its browser along.
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Where pictures of pages are kept.
fn pictures() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots")
}

/// The script that `.ci/axe` has fetched, in the only version that it fetches. Without it pages are not held against it,
/// which is told on stderr; in CI that is a failure.
fn axe() -> Option<String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("axe");
    let script = fs::read_dir(&folder).ok().and_then(|mut files| files.next()?.ok());
    let Some(script) = script else {
        assert!(std::env::var_os("CI").is_none(), "no axe-core: run .ci/axe");
        eprintln!("SKIPPED: the pages were not held against axe-core, which .ci/axe fetches");
        return None;
    };
    Some(fs::read_to_string(script.path()).expect("a script"))
}

fn find(names: &[&str]) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    let mut candidates = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.find(|path| path.is_file())
}

/// Starts the driver on a free port, which it tells.
fn start(program: &Path) -> (Child, u16) {
    let mut driver = Command::new(program)
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the driver starts");
    let lines = BufReader::new(driver.stdout.take().expect("a stdout")).lines();
    let port = lines
        .map_while(Result::ok)
        .find_map(|line| line.rsplit_once("successfully on port ")?.1.trim_end_matches('.').parse().ok());
    (driver, port.expect("a driver that tells its port"))
}
