//! The kinds of message, one a file: a struct that mirrors WeChat's JSON of that kind, key by key.

pub mod image;
pub mod link;
pub mod miniprogrampage;
pub mod mpnews;
pub mod mpnewsarticle;
pub mod msgmenu;
pub mod music;
pub mod news;
pub mod text;
pub mod video;
pub mod voice;
pub mod wxcard;
