//! What the HTTP client says of a proxy that made no connection.

use crate::wechat::answer::reply::NotConnected;

/// Whether it was the proxy that kept the connection from being made. The types of these errors are not public; their
/// texts are all there is (hyper-util, `client/legacy/connect/proxy`).
pub(crate) fn turned_down_by_proxy(error: &(dyn std::error::Error + 'static)) -> Option<NotConnected> {
    let text = error.to_string();
    let said = if let Some(of_tunnel) = text.strip_prefix("tunnel error: ") {
        Some(match of_tunnel {
            "proxy authorization required" => NotConnected::ProxyAuthorization,
            "failed to create underlying connection" => NotConnected::ProxyUnreached,
            _ => NotConnected::ProxyRefused,
        })
    } else {
        text.strip_prefix("SOCKS error: ").map(|of_socks| match of_socks {
            "credentials not accepted"
            | "server does not support user/pass authentication"
            | "server implements authentication incorrectly" => NotConnected::ProxyAuthorization,
            "failed to create underlying connection" => NotConnected::ProxyUnreached,
            _ => NotConnected::ProxyRefused,
        })
    };
    said.or_else(|| error.source().and_then(turned_down_by_proxy))
}
