//! Uploads: `media/upload` and `media/uploadimg` (docs/platform.md#media).

use std::time::Duration;

use bytes::Bytes;
use reqwest::multipart::{Form, Part};
use serde::Deserialize;
use serde_json::Value;

use crate::message::media::{Format, Upload};
use crate::wechat::answer::error_code::{Class, class_of};
use crate::wechat::answer::json::{self, Integer};
use crate::wechat::answer::reply::{Answer, Failure, NotAnswer, Unclear};
use crate::wechat::client::Client;
use crate::wechat::token::access_token::Token;

/// How long a temporary media id lives from its `created_at` on. No source says how long the address of an article's
/// picture works; it is renewed as often.
pub(crate) const LIFE: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// Ids are some sixty characters long, addresses of pictures some two hundred; this leaves room for more.
const LONGEST: usize = 1024;

/// The slowest line that an upload is waited for on, in bytes a second, beyond the time of a usual answer.
const SLOWEST: u64 = 32 * 1024;

/// What the platform gave for a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Uploaded {
    /// The media id, or the address of an article's picture.
    pub(crate) id: String,
    /// When the platform says that it was made, in seconds since 1970.
    pub(crate) created_at: Option<i64>,
}

/// The platform's answer to an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum UploadAnswer {
    /// It took the file.
    Taken(Uploaded),
    /// It did not.
    Refused(Answer),
}

/// What an answer that refuses an upload means. An upload is no message, so trying it again is always safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// This file will not be taken, however often it is tried; others may be.
    File,
    /// The platform is busy.
    Busy,
    /// Too many requests a minute.
    Throttled,
    /// The token is refused.
    Token,
    /// The quota is used up.
    Quota,
    /// The account cannot upload.
    Account,
}

impl Refusal {
    /// Classifies an errcode. For messages most codes of files stop everything, because no file of theirs is at
    /// fault; for an upload they are about its one file (docs/platform.md#upload-errors).
    pub(crate) fn of(code: i64) -> Self {
        match code {
            40004..=40006
            | 40009..=40012
            | 40113
            | 40137
            | 41005
            | 44001
            | 45001
            | 45007
            | 9_001_007..=9_001_010 => return Self::File,
            _ => {}
        }
        match class_of(code) {
            Class::Busy => Self::Busy,
            Class::Throttle => Self::Throttled,
            Class::Token => Self::Token,
            Class::Quota => Self::Quota,
            Class::Account => Self::Account,
            Class::Ok | Class::Recipient | Class::Content | Class::NotForSending => Self::File,
        }
    }
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    errcode: Integer,
    #[serde(default)]
    media_id: Value,
    #[serde(default)]
    thumb_media_id: Value,
    #[serde(default)]
    url: Value,
    #[serde(default)]
    created_at: Integer,
}

impl Client {
    /// Uploads a file. The part's file name is always ASCII, whatever the file is called: any other gets 41005.
    ///
    /// # Errors
    ///
    /// A [`Failure`]; the upload may be repeated after any of them.
    pub(crate) async fn upload(
        &self,
        upload: Upload,
        format: Format,
        content: Bytes,
        token: &Token,
    ) -> Result<UploadAnswer, Failure> {
        let length = u64::try_from(content.len()).expect("a length of what is in memory");
        let part = || Part::stream_with_length(content.clone(), length).file_name(format.file_name());
        let typed =
            || part().mime_str(format.content_type()).expect("the content types of the table are such");
        let form = || Form::new().part("media", typed());
        let longer = Duration::from_secs(length / SLOWEST);
        let (path, query) = call(upload);
        let body = self.post_form(path, query, token, form, longer).await?;
        read(upload, &body).ok_or(Failure::Unclear(Unclear::Unreadable(NotAnswer::of(Some(&body)))))
    }
}

/// The path of the call that takes a file, and its query beside the token.
fn call(upload: Upload) -> (&'static str, Option<(&'static str, &'static str)>) {
    match upload {
        Upload::Image | Upload::Voice | Upload::Video | Upload::Thumb => {
            ("/cgi-bin/media/upload", Some(("type", upload.name())))
        }
        Upload::ArticlePicture => ("/cgi-bin/media/uploadimg", None),
    }
}

/// Reads an answer; a success may lack its errcode, and the id of a thumb has a key of its own. Nothing where it neither
/// refuses nor has what it should: what is no id would be sent to everybody.
fn read(upload: Upload, body: &[u8]) -> Option<UploadAnswer> {
    let raw: Raw = json::read(body)?;
    if let Some(answer) = Answer::read(body).filter(|answer| answer.code != 0) {
        return Some(UploadAnswer::Refused(answer));
    }
    let (media, thumb, url) = (text(&raw.media_id), text(&raw.thumb_media_id), text(&raw.url));
    let id = match upload {
        Upload::Image | Upload::Voice | Upload::Video => media.or(thumb),
        Upload::Thumb => thumb.or(media),
        Upload::ArticlePicture => url.filter(|url| url.starts_with("http://") || url.starts_with("https://")),
    };
    let is_success = matches!(raw.errcode.0, None | Some(0));
    let id = id.filter(|id| is_success && id.len() <= LONGEST && id.bytes().all(belongs))?;
    Some(UploadAnswer::Taken(Uploaded { id: id.to_owned(), created_at: raw.created_at.0 }))
}

/// A text that says something. A number is no id, whatever it would look like in quotes.
fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

/// Whether an id or an address may have this character.
fn belongs(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"'\\<>`{}|^".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(upload: Upload, body: &str) -> Option<String> {
        match read(upload, body.as_bytes()) {
            Some(UploadAnswer::Taken(uploaded)) => Some(uploaded.id),
            Some(UploadAnswer::Refused(answer)) => Some(answer.code.to_string()),
            None => None,
        }
    }

    #[test]
    fn ids_are_read_under_either_key_with_or_without_an_errcode() {
        let image = r#"{"type":"image","media_id":"M","created_at":1672500000}"#;
        let thumb =
            r#"{"type":"thumb","thumb_media_id":"T","created_at":"123456789","errcode":0,"errmsg":"ok"}"#;
        assert_eq!(id(Upload::Image, image).as_deref(), Some("M"));
        assert_eq!(id(Upload::Thumb, thumb).as_deref(), Some("T"));
        assert_eq!(id(Upload::Thumb, image).as_deref(), Some("M"));
        assert_eq!(
            id(Upload::ArticlePicture, r#"{"url":"http://mmbiz/x"}"#).as_deref(),
            Some("http://mmbiz/x")
        );
        assert_eq!(id(Upload::Image, r#"{"errcode":40005,"errmsg":"x"}"#).as_deref(), Some("40005"));
        let long = format!(r#"{{"media_id":"{}"}}"#, "M".repeat(60_000));
        for garbage in [
            "",
            "{}",
            "<html>",
            r#"{"media_id":""}"#,
            r#"{"errcode":0,"errmsg":"ok"}"#,
            r#"{"media_id":5}"#,
            r#"{"media_id":"\u001b[2J\n::error::x"}"#,
            r#"{"media_id":"a\"b"}"#,
            r#"{"media_id":"编号"}"#,
            &long,
        ] {
            assert_eq!(id(Upload::Image, garbage), None, "{garbage}");
        }
        assert_eq!(id(Upload::ArticlePicture, r#"{"url":"javascript:x"}"#), None);
        assert_eq!(id(Upload::Image, r#"{"errcode":40005,"media_id":"M"}"#).as_deref(), Some("40005"));
        let read = read(Upload::Thumb, thumb.as_bytes());
        assert!(matches!(read, Some(UploadAnswer::Taken(Uploaded { created_at: Some(123_456_789), .. }))));
    }

    #[test]
    fn a_code_of_files_is_about_the_file_and_others_keep_their_class() {
        for code in [40004, 40005, 40006, 40009, 40012, 41005, 44001, 45001, 45007, 123_456] {
            assert_eq!(Refusal::of(code), Refusal::File, "{code}");
        }
        for (code, refusal) in [
            (-1, Refusal::Busy),
            (46007, Refusal::Busy),
            (45011, Refusal::Throttled),
            (40001, Refusal::Token),
            (45009, Refusal::Quota),
            (48001, Refusal::Account),
            (40164, Refusal::Account),
        ] {
            assert_eq!(Refusal::of(code), refusal, "{code}");
        }
    }
}
