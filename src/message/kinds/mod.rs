//! The kinds of message, one a file: a struct that mirrors WeChat's JSON of that kind, key by key.

pub(crate) mod image;
pub(crate) mod link;
pub(crate) mod miniprogrampage;
pub(crate) mod mpnews;
pub(crate) mod mpnewsarticle;
pub(crate) mod msgmenu;
pub(crate) mod music;
pub(crate) mod news;
pub(crate) mod text;
pub(crate) mod video;
pub(crate) mod voice;
pub(crate) mod wxcard;
