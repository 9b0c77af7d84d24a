//! Certificates and proxies: what is trusted, what goes through a proxy, and what is said when it does not work.

use crate::support::wire::{PROXY_PASSWORD, Proxy, Tls, refusing_proxy, refusing_socks, socks_proxy};
use crate::support::{Platform, Ran, World};

/// `send` to an address, with more variables.
fn send(world: &World, base: &str, variables: &[(&str, &str)]) -> Ran {
    let mut send = world.command(&["send", "campaign.toml", "--yes", "--format", "json", "-v"]);
    send.env("WXCAST_API_BASE", base).envs(variables.iter().copied());
    Ran::of(send.output().expect("the binary runs"))
}

fn world() -> World {
    let world = World::with_recipients(3);
    world.text_campaign("Hello {{name}}", "retries = 0");
    world
}

#[test]
fn a_certificate_that_is_not_trusted_delivers_nothing_and_ssl_cert_file_is_the_way_out() {
    let (world, platform) = (world(), Platform::new(""));
    let tls = Tls::before(&platform.base(), &["localhost"]);
    let base = format!("https://localhost:{}", tls.address().port());
    let ran = send(&world, &base, &[]).exits(9).says("certificate is not trusted").says("SSL_CERT_FILE");
    assert_eq!(ran.counts(), "3 unsent");
    assert_eq!(platform.ledger().totals().stable_token_calls, 0);

    // With a token nothing needs to be fetched; the messages themselves are certainly not delivered.
    let given = [("WXCAST_ACCESS_TOKEN", "36_given")];
    assert_eq!(send(&world, &base, &given).exits(5).counts(), "3 failed");
    let results = world.results();
    assert_eq!(results[0].get(4), Some("certificate"));
    assert!(results[0].get(5).is_some_and(|advice| advice.contains("SSL_CERT_FILE")), "{results:?}");
    assert_eq!(platform.ledger().totals().requests, 0);

    let ca = world.file("company.pem", tls.ca());
    let ran = send(&world, &base, &[("SSL_CERT_FILE", ca.to_str().expect("UTF-8"))]).exits(0);
    assert_eq!(ran.counts(), "3 sent");
    assert_eq!(platform.ledger().totals().accepted, 3);
}

#[test]
fn a_certificate_for_another_name_is_not_trusted_either() {
    let (world, platform) = (world(), Platform::new(""));
    let tls = Tls::before(&platform.base(), &["elsewhere.test"]);
    let ca = world.file("company.pem", tls.ca());
    let base = format!("https://localhost:{}", tls.address().port());
    send(&world, &base, &[("SSL_CERT_FILE", ca.to_str().expect("UTF-8"))])
        .exits(9)
        .says("certificate is not trusted");
    assert_eq!(platform.ledger().totals().requests, 0);
}

#[test]
fn a_file_without_certificates_is_said_and_nothing_is_sent() {
    let world = world();
    world.file("empty.pem", "nothing\n");
    for file in ["empty.pem", "missing.pem"] {
        let ran = send(&world, "https://localhost:1", &[("SSL_CERT_FILE", file)]);
        ran.exits(9).says("SSL_CERT_FILE").says(file);
    }
}

#[test]
fn a_proxy_is_used_unless_no_proxy_names_the_host() {
    let (world, platform) = (world(), Platform::new(""));
    let tls = Tls::before(&platform.base(), &["wechat.test"]);
    let proxy = Proxy::to(tls.address());
    let ca = world.file("company.pem", tls.ca());
    let (ca, url) = (ca.to_str().expect("UTF-8").to_owned(), proxy.url());
    let base = "https://wechat.test";
    let ran = send(&world, base, &[("SSL_CERT_FILE", &ca), ("HTTPS_PROXY", &url)]).exits(0);
    assert_eq!(ran.counts(), "3 sent");
    assert!(
        proxy.asked().iter().all(|line| line == "CONNECT wechat.test:443 HTTP/1.1"),
        "{:?}",
        proxy.asked()
    );
    assert!(!ran.stderr.contains(PROXY_PASSWORD));

    let before = proxy.asked().len();
    let (world, no_proxy) = (self::world(), "wechat.test");
    let variables = [
        ("SSL_CERT_FILE", ca.as_str()),
        ("HTTPS_PROXY", &url),
        ("NO_PROXY", no_proxy),
        ("WXCAST_ACCESS_TOKEN", "36_given"),
    ];
    // Without the proxy there is no such host.
    assert_eq!(send(&world, base, &variables).exits(5).counts(), "3 failed");
    assert_eq!(proxy.asked().len(), before);
}

#[test]
fn a_proxy_that_cannot_be_understood_is_said_and_nothing_goes_past_it() {
    let world = world();
    for (value, says) in [
        ("\"http://127.0.0.1:9\"", "quotation marks"),
        ("http://127.0.0.1:9\r", "end of a line"),
        ("http://127.0.0.1:9 ", "blank"),
        ("http：//127.0.0.1:9", "full-width"),
        ("http://CORP\\user:pr0xy-p4ss-4711@127.0.0.1:9", "%5C"),
        ("socks://127.0.0.1:9", "`socks`"),
        ("htp://127.0.0.1:9", "`htp`"),
        ("http://", "no address"),
    ] {
        for variable in ["HTTPS_PROXY", "all_proxy"] {
            let ran = send(&world, "https://wechat.test", &[(variable, value)]);
            let ran = ran.exits(9).says(&format!("`{variable}`")).says(says);
            assert!(!ran.stderr.contains(PROXY_PASSWORD), "{}", ran.stderr);
        }
    }
    let mut doctor = world.command(&["doctor", "campaign.toml", "--format", "json"]);
    doctor.env("WXCAST_API_BASE", "https://wechat.test").env("HTTPS_PROXY", "htp://127.0.0.1:9");
    let ran = Ran::of(doctor.output().expect("the binary runs")).exits(9);
    let checks = ran.json()["checks"].clone();
    let found = checks.as_array().expect("checks").iter().find(|check| check["check"] == "proxy");
    assert_eq!(found.expect("a check of the proxy")["state"], "fault", "{checks}");
}

#[test]
fn a_socks_proxy_is_used_and_asked_for_the_name() {
    let (world, platform) = (world(), Platform::new(""));
    let tls = Tls::before(&platform.base(), &["wechat.test"]);
    let proxy = socks_proxy(tls.address());
    let ca = world.file("company.pem", tls.ca());
    let url = format!("socks5h://{}", proxy.address());
    let variables = [("SSL_CERT_FILE", ca.to_str().expect("UTF-8")), ("ALL_PROXY", &url)];
    assert_eq!(send(&world, "https://wechat.test", &variables).exits(0).counts(), "3 sent");
}

#[test]
fn a_proxy_that_turns_down_is_told_as_that() {
    for (status, says, event) in [
        ("407 Proxy Authentication Required", "name and password (407)", "proxy-authorization"),
        ("403 Forbidden", "does not let connections to WeChat through", "proxy-refused"),
        ("502 Bad Gateway", "or cannot reach it itself", "proxy-refused"),
    ] {
        let (world, proxy) = (world(), refusing_proxy(status));
        let url = format!("http://{}", proxy.address());
        let variables = [("HTTPS_PROXY", url.as_str()), ("WXCAST_ACCESS_TOKEN", "36_given")];
        send(&world, "https://wechat.test", &variables[..1]).exits(9).says(says);
        assert_eq!(send(&world, "https://wechat.test", &variables).exits(5).counts(), "3 failed");
        assert_eq!(world.results_of("spring.results.csv")[0].get(4), Some(event));
    }
}

#[test]
fn no_proxy_stands_between_this_computer_and_itself() {
    let (world, platform) = (world(), Platform::new(""));
    let proxy = Proxy::to("127.0.0.1:9".parse().expect("an address"));
    let url = proxy.url();
    let variables = [("HTTP_PROXY", url.as_str()), ("HTTPS_PROXY", &url), ("ALL_PROXY", &url)];
    assert_eq!(send(&world, &platform.base(), &variables).exits(0).counts(), "3 sent");
    assert_eq!(proxy.asked(), Vec::<String>::new());
}

#[test]
fn a_proxy_that_is_not_there_delivers_nothing() {
    let world = world();
    let variables = [("HTTPS_PROXY", "http://127.0.0.1:9"), ("WXCAST_ACCESS_TOKEN", "36_given")];
    assert_eq!(send(&world, "https://wechat.test", &variables).exits(5).counts(), "3 failed");
    assert_eq!(world.results_of("spring.results.csv")[0].get(4), Some("proxy-unreached"));
    for variable in ["HTTPS_PROXY", "ALL_PROXY"] {
        let scheme = if variable == "ALL_PROXY" { "socks5h" } else { "http" };
        let mut doctor = world.command(&["doctor", "campaign.toml"]);
        doctor.env("WXCAST_API_BASE", "https://wechat.test").env(variable, format!("{scheme}://127.0.0.1:9"));
        let ran = Ran::of(doctor.output().expect("the binary runs")).exits(9);
        assert!(ran.stdout.contains("The proxy itself cannot be reached"), "{}", ran.stdout);
    }
}

#[test]
fn a_proxy_of_another_kind_than_its_address_says_is_named_and_no_token_is_blamed() {
    // A proxy for the web waits for the end of a line that SOCKS and TLS never send.
    let proxy = Proxy::to("127.0.0.1:9".parse().expect("an address"));
    let address = proxy.url().rsplit('@').next().expect("an address").to_owned();
    for kind in ["socks5h", "https"] {
        let world = world();
        world.edit("campaign.toml", "rate =", "connect_timeout = \"300ms\"\nrate =");
        let mut doctor = world.command(&["doctor", "campaign.toml"]);
        doctor.env("WXCAST_API_BASE", "https://wechat.test").env("WXCAST_ACCESS_TOKEN", "36_given");
        doctor.env("HTTPS_PROXY", format!("{kind}://{address}"));
        let ran = Ran::of(doctor.output().expect("the binary runs")).exits(9);
        assert!(
            ran.stdout.contains("kind") && ran.stdout.contains("usually written `http://`"),
            "{}",
            ran.stdout
        );
        assert!(!ran.stdout.contains("fetch a token"), "{}", ran.stdout);
    }
}

#[test]
fn a_socks_proxy_that_turns_down_is_told_as_that() {
    for (method, answer, says, event) in [
        (2, vec![1, 1], "name and password", "proxy-authorization"),
        (255, vec![], "name and password", "proxy-authorization"),
        (
            0,
            vec![5, 2, 0, 1, 0, 0, 0, 0, 0, 0],
            "does not let connections to WeChat through",
            "proxy-refused",
        ),
    ] {
        let (world, proxy) = (world(), refusing_socks(method, answer));
        let user = if method == 0 { "" } else { "user:wrong@" };
        let url = format!("socks5h://{user}{}", proxy.address());
        let variables = [("ALL_PROXY", url.as_str()), ("WXCAST_ACCESS_TOKEN", "36_given")];
        send(&world, "https://wechat.test", &variables[..1]).exits(9).says(says);
        assert_eq!(send(&world, "https://wechat.test", &variables).exits(5).counts(), "3 failed");
        assert_eq!(world.results_of("spring.results.csv")[0].get(4), Some(event), "{method}");
    }
}

#[test]
fn plain_http_is_refused_unless_it_is_this_computer() {
    let world = world();
    send(&world, "http://wechat.test", &[]).exits(2).says("plain http");
    world.edit("campaign.toml", "[audience]", "api_base = \"http://wechat.test\"\n[audience]");
    let found = world.run(&["plan", "campaign.toml", "--format", "json"]).exits(3).json();
    assert_eq!(found["diagnostics"][0]["field"], "account.api_base", "{found}");
}

/// What `doctor` finds of the proxy and of the token.
fn doctor(world: &World, variables: &[(&str, &str)]) -> (serde_json::Value, serde_json::Value) {
    let mut doctor = world.command(&["doctor", "campaign.toml", "--format", "json"]);
    doctor.env("WXCAST_API_BASE", "https://wechat.test").envs(variables.iter().copied());
    let checks = Ran::of(doctor.output().expect("the binary runs")).json()["checks"].clone();
    let of = |name: &str| {
        let checks = checks.as_array().expect("checks");
        checks.iter().find(|check| check["check"] == name).cloned().expect("such a check")
    };
    (of("proxy"), of("token"))
}

#[test]
fn a_byte_order_mark_before_certificates_is_none_of_them() {
    let (world, platform) = (world(), Platform::new(""));
    let tls = Tls::before(&platform.base(), &["localhost"]);
    let base = format!("https://localhost:{}", tls.address().port());
    let ca = world.file("notepad.pem", ["\u{feff}".as_bytes(), tls.ca().as_bytes()].concat());
    send(&world, &base, &[("SSL_CERT_FILE", ca.to_str().expect("UTF-8"))]).exits(0);
    assert_eq!(platform.ledger().totals().accepted, 3);
}

#[test]
fn doctor_blames_the_certificates_for_what_they_keep_from_being_asked() {
    let world = world();
    world.file("empty.pem", "nothing\n");
    for (file, says) in [
        ("empty.pem", "PEM"),
        ("missing.pem", "missing.pem"),
        ("\"empty.pem\"", "quotation marks"),
        ("empty.pem\r", "end of a line"),
    ] {
        let (proxy, token) = doctor(&world, &[("SSL_CERT_FILE", file)]);
        assert_eq!(proxy["state"], "fault", "{file}: {proxy}");
        let said = proxy["message"].as_str().expect("a message");
        assert!(said.contains("SSL_CERT_FILE") && said.contains(says), "{file}: {said}");
        let said = token.to_string();
        assert!(!said.contains("AppSecret") && token["state"] != "ok", "{file}: {said}");
        send(&world, "https://wechat.test", &[("SSL_CERT_FILE", file)])
            .exits(9)
            .says("SSL_CERT_FILE")
            .says(says);
    }
}

#[cfg(unix)]
#[test]
fn certificates_that_never_end_are_not_read() {
    let world = world();
    let made = std::process::Command::new("mkfifo").arg(world.path("pipe")).status().expect("mkfifo");
    assert!(made.success());
    for file in ["pipe", "/dev/zero", "/"] {
        let ran = send(&world, "https://wechat.test", &[("SSL_CERT_FILE", file)]);
        ran.exits(9).says("SSL_CERT_FILE").says("no file that can be read");
    }
}

#[test]
fn variables_of_certificates_that_are_set_to_nothing_are_not_set() {
    let world = world();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let base = format!("https://{}", nobody.local_addr().expect("an address"));
    drop(nobody);
    for variables in [&[("SSL_CERT_FILE", "")][..], &[("SSL_CERT_FILE", ""), ("SSL_CERT_DIR", "")]] {
        let ran = send(&world, &base, &[variables, &[("WXCAST_ACCESS_TOKEN", "36_given")]].concat()).exits(5);
        assert_eq!(ran.counts(), "3 failed", "it got as far as a connection: {ran:?}");
    }
}

#[test]
fn what_is_reached_without_a_proxy_is_read_as_it_is_meant_or_told() {
    let world = world();
    let nobody = "http://127.0.0.1:9";
    let given = [("HTTPS_PROXY", nobody), ("WXCAST_ACCESS_TOKEN", "36_given")];
    for direct in
        ["\"wechat.test\"", "*.test", "a.example;wechat.test", "a.example，wechat.test", "wechat.test:443"]
    {
        let ran =
            send(&world, "https://wechat.test", &[&given[..], &[("NO_PROXY", direct)]].concat()).exits(5);
        assert!(!ran.stderr.contains("proxy-unreached"), "{direct}: {ran:?}");
        assert_eq!(world.results_of("spring.results.csv")[0].get(4), Some("not-connected"), "{direct}");
        let (proxy, _) = doctor(&world, &[("HTTPS_PROXY", nobody), ("NO_PROXY", direct)]);
        assert_eq!(proxy["state"], "ok", "{direct}: {proxy}");
    }
    let (proxy, _) = doctor(&world, &[("HTTPS_PROXY", nobody), ("NO_PROXY", "10.*,http://wechat.test")]);
    assert_eq!(proxy["state"], "warning", "{proxy}");
    assert!(proxy["help"].as_str().is_some_and(|help| help.contains("10.*, http://wechat.test")), "{proxy}");
}

#[test]
fn why_messages_failed_is_told_on_the_screen() {
    let world = world();
    let mut send = world.command(&["send", "campaign.toml", "--yes"]);
    send.env("WXCAST_API_BASE", "https://wechat.test")
        .env("WXCAST_ACCESS_TOKEN", "36_given")
        .env("HTTPS_PROXY", "http://127.0.0.1:9");
    let ran = Ran::of(send.output().expect("the binary runs")).exits(5);
    assert!(ran.stdout.contains("3 × proxy-unreached: The proxy itself could not be reached"), "{ran:?}");
    let status = world.run(&["status", "campaign.toml"]).exits(0);
    assert!(status.stdout.contains("3 × proxy-unreached: "), "{status:?}");
}
