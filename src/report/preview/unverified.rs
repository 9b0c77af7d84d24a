//! What nobody can know before a message is sent: the questions that only WeChat answers.

use crate::message::Kind;
use crate::message::links::Target;

/// What of a message matters to what remains open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said<'a> {
    /// The kind.
    pub(crate) kind: Kind,
    /// Whether a service account speaks.
    pub(crate) kf_account: bool,
    /// Where links of its text lead.
    pub(crate) targets: &'a [Target<'a>],
    /// Whether it names media by their ids.
    pub(crate) media_ids: bool,
    /// Whether it names local files.
    pub(crate) files: bool,
}

/// The keys below `preview.unverified` of what remains open for a message, the most important first.
pub(crate) fn unverified(said: Said<'_>) -> Vec<&'static str> {
    let mut open = vec!["window", "openid", "quota", "token"];
    open.extend(match said.kind {
        Kind::Text | Kind::Image | Kind::Voice | Kind::Video => &[][..],
        Kind::Music => &["address"],
        Kind::News | Kind::Link => &["address"],
        Kind::Mpnews => &["mpnews"],
        Kind::Mpnewsarticle => &["article"],
        Kind::Msgmenu => &["menu"],
        Kind::Wxcard => &["card"],
        Kind::Miniprogrampage => &["mini-program"],
    });
    let lives =
        matches!(said.kind, Kind::Image | Kind::Voice | Kind::Video | Kind::Music | Kind::Miniprogrampage);
    if lives && said.media_ids {
        open.push("media");
    }
    if said.files {
        open.push("file");
    }
    if said.targets.iter().any(|target| matches!(target, Target::Web { .. })) {
        open.push("address");
    }
    if said.targets.iter().any(|target| matches!(target, Target::MiniProgram { .. })) {
        open.push("mini-program");
    }
    if said.targets.iter().any(|target| matches!(target, Target::Menu { .. })) {
        open.push("menu-link");
    }
    if said.kf_account {
        open.push("kf");
    }
    open.push("review");
    open
}
