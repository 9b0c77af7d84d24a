//! Where the platform is: `account.api_base` and `account.failover_hosts`.

use crate::api_base::{API_BASE, API_BASE_2, ApiBase, Hosts};
use crate::campaign::file::AccountTable;
use crate::campaign::validate::check::Check;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::diagnostic::place::{FieldPath, Place};

impl Check<'_> {
    pub(super) fn hosts(&mut self, account: &AccountTable) -> Option<Hosts> {
        let first = match &account.api_base {
            None => Some(ApiBase::parse(API_BASE).expect("the platform's own address is one")),
            Some(text) => self.host(text, &FieldPath::of("account.api_base")),
        };
        let at = FieldPath::of("account.failover_hosts");
        let others: Vec<Option<ApiBase>> = match (&account.failover_hosts, &account.api_base) {
            (Some(hosts), _) => {
                let hosts = hosts.iter().enumerate();
                hosts.map(|(index, text)| self.host(text, &at.index(index))).collect()
            }
            (None, None) => {
                vec![Some(ApiBase::parse(API_BASE_2).expect("the platform's own address is one"))]
            }
            (None, Some(_)) => Vec::new(),
        };
        let (first, others) = (first?, others.into_iter().collect::<Option<Vec<_>>>()?);
        let hosts = Hosts::new(first, others);
        if hosts.is_none() {
            self.push(Diagnostic::new(Code::MixedHosts, Place::Field(at)));
        }
        hosts
    }

    fn host(&mut self, text: &str, at: &FieldPath) -> Option<ApiBase> {
        let host = ApiBase::parse(text).ok();
        match host {
            None => {
                self.bad(at, text, "https://HOST, https://HOST/PATH, http://127.0.0.1:PORT");
                None
            }
            Some(host) if host.has_password() => {
                let place = Place::Key(at.clone());
                self.push(Diagnostic::new(Code::SecretInCampaign, place).with("key", at));
                None
            }
            Some(host) => Some(host),
        }
    }
}
