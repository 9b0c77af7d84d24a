//! The simulator from outside: through a real socket, with the HTTP client that wxcast uses.

mod calls;
mod faults;
mod limits;
mod parsing;

use std::time::Duration;

use reqwest::{Client, Response};
use serde_json::{Value, json};

use super::scenario::Scenario;
use super::{Account, Simulator};
use crate::message::AccountKind;

/// A running simulator, a client, and a token of it.
struct Rig {
    simulator: Simulator,
    http: Client,
    token: String,
}

impl Rig {
    /// Starts without an account and fetches a token.
    async fn start(scenario: &str) -> Self {
        let mut rig = Self::bare(scenario, None).await;
        rig.refresh().await;
        rig
    }

    async fn bare(scenario: &str, account: Option<Account>) -> Self {
        let scenario = Scenario::parse(scenario).expect("a good scenario");
        let simulator = Simulator::start(scenario, account, 0).await.expect("a simulator");
        Self { simulator, http: client(), token: String::new() }
    }

    fn url(&self, path: &str) -> String {
        let mark = if path.contains('?') { '&' } else { '?' };
        format!("{}{path}{mark}access_token={}", self.simulator.base_url(), self.token)
    }

    async fn stable(&self, body: &Value) -> Value {
        let url = format!("{}/cgi-bin/stable_token", self.simulator.base_url());
        json_of(self.http.post(url).body(body.to_string()).send().await)
            .await
            .expect("an answer of stable_token")
    }

    /// Takes the present token.
    async fn refresh(&mut self) {
        let answer = self.stable(&credentials()).await;
        self.token = answer["access_token"].as_str().expect("a token").to_owned();
    }

    async fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> reqwest::Result<Response> {
        self.http.post(self.url(path)).body(body).send().await
    }

    /// Sends any body as a message.
    async fn send_body(&self, body: impl Into<reqwest::Body>) -> reqwest::Result<Value> {
        json_of(self.post("/cgi-bin/message/custom/send", body).await).await
    }

    /// Sends a text and gives the errcode.
    async fn send(&self, openid: &str) -> reqwest::Result<i64> {
        let answer = self.send_body(text(openid)).await?;
        Ok(answer["errcode"].as_i64().expect("an errcode"))
    }

    /// Sends a text that must be answered.
    async fn errcode(&self, openid: &str) -> i64 {
        self.send(openid).await.expect("an answer")
    }

    async fn get(&self, path: &str) -> Value {
        json_of(self.http.get(self.url(path)).send().await).await.expect("an answer")
    }

    fn accepted(&self, openid: &str) -> u32 {
        self.simulator.ledger().accepted(openid)
    }
}

fn client() -> Client {
    // A second test finds it installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .timeout(Duration::from_secs(10))
        .build()
        .expect("a client")
}

async fn json_of(response: reqwest::Result<Response>) -> reqwest::Result<Value> {
    let text = response?.error_for_status()?.text().await?;
    Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
}

fn text(openid: &str) -> String {
    format!(r#"{{"touser":"{openid}","msgtype":"text","text":{{"content":"你好，{openid}"}}}}"#)
}

fn credentials() -> Value {
    json!({ "grant_type": "client_credential", "appid": "wx0123456789abcdef", "secret": "s3cret" })
}

fn account(kind: AccountKind) -> Account {
    Account { appid: "wx0123456789abcdef".into(), secret: "s3cret".into(), kind }
}
