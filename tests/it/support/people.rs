//! The people of the tests of `wxcast audience`, what was written of them, and what they wrote.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use crate::support::{APPID, Platform, Ran, World, openid};

/// The people of most tests: seven who follow, one who has left, one of them on the blacklist.
pub fn people() -> String {
    let mut csv = String::from(
        "openid,subscribe,subscribe_time,unionid,tags,remark,subscribe_scene,qr_scene,blacklisted,wrote\n",
    );
    for (index, rest) in [
        "1,1700000000,uA,金卡;广东,大\u{1}客户,ADD_SCENE_QR_CODE,前台,0,",
        "1,1700000001,,金卡,,,,0,",
        "1,1700000002,,金卡;员工,=1+1,,,0,",
        "1,1700000003,,广东,,,,1,",
        "1,1700000004,,,,,,0,",
        "0,,,,,,,0,",
        "1,1700000005,,金卡;广东;员工,,,,0,",
        "1,1700000006,,广东,,,,0,",
    ]
    .into_iter()
    .enumerate()
    {
        csv.push_str(&format!("{},{rest}\n", openid(index)));
    }
    csv
}

pub fn openids(indices: &[usize]) -> Vec<String> {
    indices.iter().map(|index| openid(*index)).collect()
}

/// The first column of a CSV that was written.
pub fn column(world: &World, file: &str) -> Vec<String> {
    world.results_of(file).iter().map(|row| row[0].to_owned()).collect()
}

pub fn sidecar(world: &World, file: &str) -> Json {
    serde_json::from_str(&world.read(&format!("{file}.source.json"))).expect("a sidecar")
}

/// `wxcast audience …` of the account of every test, without a campaign.
pub fn audience(world: &World, platform: &Platform, args: &[&str]) -> Ran {
    world.run_at(platform, &[&["audience"], args, &["--appid", APPID]].concat())
}

pub const SMALL_PAGES: &str = "[followers]\npage = 3\n";

/// A push of somebody, so many hours ago.
pub fn push(who: usize, hours: i64, rest: &str) -> String {
    let at = (Timestamp::now() - SignedDuration::from_hours(hours)).as_second();
    format!(
        "<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[{}]]></FromUserName>\
         <CreateTime>{at}</CreateTime>{rest}</xml>\n",
        openid(who)
    )
}

pub const TEXT: &str = "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[hi]]></Content>";

pub const CLICK: &str = "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[CLICK]]></Event>";
