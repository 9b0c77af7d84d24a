//! `media/upload` and `media/uploadimg` (docs/platform.md#media).

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::header;
use axum::response::Response;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::simulator::answer::answer;
use crate::simulator::call::Call;
use crate::simulator::ledger::UploadedFile;
use crate::simulator::media::MediaType;
use crate::simulator::media_format::Format;
use crate::simulator::platform::{Platform, Reply};
use crate::simulator::rules::{Endpoint, Target};

/// `uploadimg` takes files below 1 MB.
const ARTICLE_IMAGE_BYTES: usize = 1 << 20;

/// A file as it came.
#[derive(Debug)]
struct File {
    name: String,
    content_type: String,
    content: Bytes,
}

impl File {
    /// The end of its name.
    fn extension(&self) -> String {
        self.name.rsplit_once('.').map_or_else(String::new, |(_, end)| end.to_ascii_lowercase())
    }

    /// What the ledger keeps of it.
    fn uploaded(&self, kind: Option<&str>) -> UploadedFile {
        UploadedFile {
            kind: kind.unwrap_or("uploadimg").to_owned(),
            name: self.name.clone(),
            content_type: self.content_type.clone(),
            bytes: self.content.len(),
            sha256: Sha256::digest(&self.content).into(),
        }
    }
}

/// `POST /cgi-bin/media/upload?type=…`.
pub(crate) async fn upload(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    respond(&platform, request, |call, file| {
        let Some(kind) = call.query("type").and_then(MediaType::find) else { return Err(40004) };
        let file = file?;
        kind.check(&file.extension(), &file.content)?;
        let id = platform.shelf().add(kind, &file.content, platform.clock.now());
        let created_at = platform.clock.unix_seconds();
        Ok(Reply::json(&json!({ "type": kind.name(), kind.id_key(): id, "created_at": created_at })))
    })
    .await
}

/// `POST /cgi-bin/media/uploadimg`.
pub(crate) async fn upload_image(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    respond(&platform, request, |_, file| {
        let file = file?;
        if file.content.is_empty() {
            return Err(44001);
        }
        if file.content.len() >= ARTICLE_IMAGE_BYTES {
            return Err(40009);
        }
        let folder = match Format::of(&file.content) {
            Some(Format::Png) => "mmbiz_png",
            Some(Format::Jpeg) => "mmbiz_jpg",
            Some(Format::Gif | Format::Amr | Format::Mp3 | Format::Mp4) | None => return Err(40005),
        };
        let url = platform.shelf().add_picture(folder, &file.content);
        Ok(Reply::json(&json!({ "url": url })))
    })
    .await
}

/// What both calls have in common: method, token, file, rules, count.
async fn respond(
    platform: &Platform,
    request: Request,
    store: impl FnOnce(&Call, Result<&File, i64>) -> Result<Reply, i64>,
) -> Response {
    let call = match Call::read(request).await {
        Ok(call) => call,
        Err(response) => return response,
    };
    let target = platform.count(Endpoint::Upload);
    let file = file(&call).await;
    let verdict = || {
        let reply = take(platform, &call, target, || store(&call, file.as_ref().map_err(|code| *code)));
        if let (Ok(_), Ok(file)) = (&reply, &file) {
            platform.ledger.uploaded(file.uploaded(call.query("type")));
        }
        reply.unwrap_or_else(|refusal| refusal)
    };
    answer(platform, &call.line, target, verdict).await
}

fn take(
    platform: &Platform,
    call: &Call,
    target: Target<'_>,
    store: impl FnOnce() -> Result<Reply, i64>,
) -> Result<Reply, Reply> {
    let refuse = |code| platform.refuse(code);
    if !call.is_post() {
        return Err(refuse(43002));
    }
    platform.check_token(call).map_err(refuse)?;
    platform.ruled(target)?;
    store().map_err(refuse)
}

/// The part named `media`. Everything that is wrong with its wrapping is 41005: no such part, no file name, a
/// file name that is not ASCII (docs/platform.md#file-names).
async fn file(call: &Call) -> Result<File, i64> {
    let request = Request::from_parts(call.parts.clone(), Body::from(call.body.clone()));
    let mut parts = Multipart::from_request(request, &()).await.map_err(|_| 41005)?;
    while let Some(part) = parts.next_field().await.map_err(|_| 41005)? {
        if part.name() != Some("media") {
            continue;
        }
        let disposition = part.headers().get(header::CONTENT_DISPOSITION).ok_or(41005)?.as_bytes();
        if !disposition.is_ascii() || memchr::memmem::find(disposition, b"filename*").is_some() {
            return Err(41005);
        }
        let name = part.file_name().filter(|name| !name.is_empty()).ok_or(41005)?.to_owned();
        let content_type = part.content_type().unwrap_or("").to_owned();
        let content = part.bytes().await.map_err(|_| 41005)?;
        return Ok(File { name, content_type, content });
    }
    Err(41005)
}
