//! WeChat's error codes: what each one says and what it means for the run. One table.
//!
//! The sentences for people, meaning and advice, are in the locales under the same codes.

/// What an answer means for the run (docs/platform.md#error-codes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Accepted by WeChat, which is no proof that the person has read it.
    Ok,
    /// WeChat is busy and did not deliver: the same message may be sent again after a pause.
    Busy,
    /// The access token is dead: one refresh, then the same message again (docs/platform.md#token-errors).
    Token,
    /// Final for this recipient in this run; others may well succeed.
    Recipient,
    /// Nothing else will work until somebody acts: configuration, permission, punishment, or a fixed
    /// part of the campaign such as its kind or its file.
    Account,
    /// A rendered field is at fault. It may be one recipient's data or the template of all.
    Content,
    /// A quota is used up: nothing more can be sent until it comes back.
    Quota,
    /// Too fast: slow down and send the same message again after a minute.
    Throttle,
    /// Belongs to other calls and is never the answer to a message.
    NotForSending,
}

impl Class {
    /// Every class, in the order in which they are declared.
    pub const ALL: [Self; 9] = [
        Self::Ok,
        Self::Busy,
        Self::Token,
        Self::Recipient,
        Self::Account,
        Self::Content,
        Self::Quota,
        Self::Throttle,
        Self::NotForSending,
    ];

    /// The stable name for files and scripts, in kebab-case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Busy => "busy",
            Self::Token => "token",
            Self::Recipient => "recipient",
            Self::Account => "account",
            Self::Content => "content",
            Self::Quota => "quota",
            Self::Throttle => "throttle",
            Self::NotForSending => "not-for-sending",
        }
    }

    /// Whether the platform has no time just now, or was asked too often: the same call may be made again later.
    pub(crate) fn passes(self) -> bool {
        match self {
            Self::Busy | Self::Throttle => true,
            Self::Ok
            | Self::Token
            | Self::Recipient
            | Self::Account
            | Self::Content
            | Self::Quota
            | Self::NotForSending => false,
        }
    }
}

/// One code of the platform (docs/platform.md#error-codes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode {
    /// The number in `errcode`.
    pub code: i64,
    /// The English text that the server sends, without hint and rid; empty where none is known.
    /// The address in the text of 40164 stands for the caller's.
    pub(crate) errmsg: &'static str,
    /// The official Chinese wording; empty where none is known.
    pub(crate) official: &'static str,
    /// What the code means for the run.
    pub class: Class,
    /// Whether a real answer with this code is on record; the others are known from the platform's lists only.
    pub(crate) seen: bool,
}

const fn seen(code: i64, class: Class, errmsg: &'static str, official: &'static str) -> ErrorCode {
    ErrorCode { code, errmsg, official, class, seen: true }
}

const fn listed(code: i64, class: Class, errmsg: &'static str, official: &'static str) -> ErrorCode {
    ErrorCode { code, errmsg, official, class, seen: false }
}

/// Every code that is known, ascending (docs/platform.md#error-codes).
pub const TABLE: &[ErrorCode] = &[
    seen(-1, Class::Busy, "system error", "系统繁忙,此时请开发者稍候再试"),
    seen(0, Class::Ok, "ok", "请求成功"),
    seen(
        40001,
        Class::Token,
        "invalid credential, access_token is invalid or not latest, could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r",
        "获取 access_token 时 AppSecret 错误,或者 access_token 无效",
    ),
    listed(40002, Class::Account, "invalid grant_type", "不合法的凭证类型"),
    seen(
        40003,
        Class::Recipient,
        "invalid openid",
        "不合法的 OpenID,请确认该用户是否已关注公众号,或是否是其他公众号的 OpenID",
    ),
    seen(40004, Class::Account, "invalid media type", "不合法的媒体文件类型"),
    seen(40005, Class::Account, "invalid file type", "上传素材文件格式不对"),
    listed(40006, Class::Account, "invalid meida size", "上传素材文件大小超出限制"),
    seen(40007, Class::Content, "invalid media_id", "不合法的媒体文件 id"),
    listed(40008, Class::Account, "invalid message type", "不合法的消息类型"),
    listed(40009, Class::Account, "invalid image size", "图片尺寸太大"),
    listed(40010, Class::Account, "invalid voice size", "不合法的语音文件大小"),
    listed(40011, Class::Account, "invalid video size", "不合法的视频文件大小"),
    listed(40012, Class::Account, "invalid thumb size", "不合法的缩略图文件大小"),
    seen(40013, Class::Account, "invalid appid", "不合法的 AppID"),
    listed(40014, Class::Token, "invalid access_token", "不合法的 access_token"),
    listed(40032, Class::NotForSending, "invalid openid list size", "不合法的 openid 列表"),
    listed(
        40033,
        Class::Account,
        "invalid charset. please check your request, if include \\uxxxx will create fail!",
        "不合法的请求字符,不能包含 \\uxxxx 格式的字符",
    ),
    listed(40035, Class::Content, "invalid args size", "不合法的参数"),
    listed(40037, Class::Account, "invalid template_id", "不合法的 template_id"),
    listed(40038, Class::Account, "invalid packaging type", "不合法的请求格式"),
    listed(40039, Class::Content, "invalid url size", "不合法的 URL 长度"),
    listed(40044, Class::Content, "invalid size in link.title", ""),
    listed(40045, Class::Content, "invalid size in link.description", ""),
    listed(40046, Class::Content, "invalid size in link.iconurl", ""),
    listed(40047, Class::Content, "invalid size in link.url", ""),
    listed(40048, Class::Content, "invalid url domain", "无效的url"),
    listed(40066, Class::Content, "invalid url", "不合法的 url"),
    listed(40068, Class::Content, "contain mailcious url", ""),
    listed(40071, Class::Account, "invalid card type", ""),
    listed(40073, Class::Account, "invalid card id", ""),
    listed(40078, Class::Account, "invalid card status", ""),
    listed(40080, Class::Account, "invalid card ext", ""),
    listed(40097, Class::Content, "invalid args", "参数错误"),
    listed(40113, Class::Account, "unsupported file type", ""),
    listed(40118, Class::Account, "invalid sub button media_id size", "media_id 大小不合法"),
    listed(40121, Class::Account, "invalid media type in view_limited", "不合法的 media_id 类型"),
    listed(40125, Class::Account, "invalid appsecret", "无效的 appsecret"),
    listed(
        40128,
        Class::Account,
        "invalid media id! must be uploaded by api(cgi-bin/material/add_material)",
        "",
    ),
    listed(40130, Class::Account, "invalid openid list size, at least two openid", ""),
    listed(40132, Class::Account, "invalid username", "微信号不合法"),
    listed(40137, Class::Account, "invalid image format", "不支持的图片格式"),
    listed(40141, Class::Content, "invalid image url", ""),
    listed(40155, Class::Content, "please don't contain other home page url", "请勿添加其他公众号的主页链接"),
    seen(
        40164,
        Class::Account,
        "invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist",
        "调用接口的IP地址不在白名单中",
    ),
    listed(40165, Class::Content, "invalid weapp pagepath", ""),
    listed(40166, Class::Content, "invalid weapp appid", "小程序Appid不存在"),
    listed(40168, Class::Account, "unlinked weapp card", ""),
    listed(40173, Class::Account, "there is no bind relation", ""),
    listed(40191, Class::Content, "invalid pic_url", ""),
    seen(40200, Class::Account, "invalid account type", ""),
    listed(40213, Class::Content, "invalid href tag", ""),
    listed(40214, Class::Content, "invalid href text", ""),
    listed(40243, Class::Account, "", "AppSecret已被冻结,请登录MP解冻后再次调用"),
    listed(41001, Class::Account, "access_token missing", "缺少 access_token 参数"),
    listed(41002, Class::Account, "appid missing", "缺少 appid 参数"),
    listed(41004, Class::Account, "appsecret missing", "缺少 secret 参数"),
    seen(41005, Class::Account, "media data missing", "缺少多媒体文件数据"),
    listed(41006, Class::Content, "media_id missing", "缺少 media_id 参数"),
    listed(41009, Class::Recipient, "missing openid", "缺少 openid"),
    listed(41011, Class::Content, "missing required fields! please check document and request json!", ""),
    listed(41030, Class::Content, "invalid page", "page路径不正确"),
    seen(42001, Class::Token, "access_token expired", "access_token 超时"),
    listed(42002, Class::Account, "", "refresh_token 超时"),
    listed(42003, Class::Account, "", "oauth_code 超时"),
    listed(42007, Class::Account, "access_token and refresh_token exception", "用户修改微信密码"),
    listed(43001, Class::Account, "require GET method", "需要 GET 请求"),
    listed(43002, Class::Account, "require POST method", "需要 POST 请求"),
    listed(43003, Class::Account, "", "需要 HTTPS 请求"),
    seen(43004, Class::Recipient, "require subscribe", "需要接收者关注"),
    listed(43005, Class::Recipient, "require friend relations", "需要好友关系"),
    listed(43006, Class::Recipient, "require not block", ""),
    seen(43019, Class::Recipient, "require remove blacklist", "需要将接收者从黑名单中移除"),
    seen(43101, Class::Recipient, "user refuse to accept the msg", "用户拒绝接受消息"),
    listed(43104, Class::Account, "this appid does not have permission", ""),
    listed(44001, Class::Account, "empty media data", "多媒体文件为空"),
    listed(44002, Class::Account, "empty post data", "POST 的数据包为空"),
    listed(44003, Class::Content, "empty news data", "图文消息内容为空"),
    seen(44004, Class::Content, "empty content", "文本消息内容为空"),
    listed(44997, Class::Content, "image url size out of limit", ""),
    listed(45001, Class::Account, "media size out of limit", "多媒体文件大小超过限制"),
    seen(45002, Class::Content, "content size out of limit", "消息内容超过限制"),
    listed(45003, Class::Content, "title size out of limit", "标题字段超过限制"),
    listed(45004, Class::Content, "description size out of limit", "描述字段超过限制"),
    listed(45005, Class::Content, "url size out of limit", "链接字段超过限制"),
    listed(45006, Class::Content, "picurl size out of limit", "图片链接字段超过限制"),
    listed(45007, Class::Account, "playtime out of limit", "语音播放时间超过限制"),
    seen(45008, Class::Account, "article size out of limit", "图文消息超过限制"),
    seen(45009, Class::Quota, "reach max api daily quota limit", "接口调用超过限制"),
    listed(
        45011,
        Class::Throttle,
        "api minute-quota reach limit, must slower, retry next minute",
        "API 调用太频繁,请稍候再试",
    ),
    seen(
        45015,
        Class::Recipient,
        "response out of time limit or subscription is canceled",
        "回复时间超过限制",
    ),
    listed(
        45021,
        Class::Content,
        "some argument may be out of length limit! please check document and request json!",
        "",
    ),
    listed(45028, Class::Quota, "has no masssend quota", "当前周期内的发表次数已用完"),
    listed(45036, Class::Recipient, "User receive announcement limit", ""),
    listed(45037, Class::Recipient, "user out of time limit or never talked in tempsession", ""),
    listed(45038, Class::Recipient, "user subscribed, cannot use tempsession api", ""),
    listed(45040, Class::Quota, "reach max monthly quota limit", ""),
    seen(45047, Class::Recipient, "out of response count limit", "客服接口下行条数超过上限"),
    listed(45050, Class::Account, "custom msg use invalid type", ""),
    listed(45064, Class::Account, "no permission to use weapp in menu", "创建菜单包含未关联的小程序"),
    listed(45065, Class::Account, "", ""),
    listed(45066, Class::Account, "", ""),
    listed(45067, Class::Account, "", ""),
    listed(45072, Class::NotForSending, "", "command字段取值不对"),
    listed(45080, Class::NotForSending, "", "下发输入状态,需要之前30秒内跟用户有过消息交互"),
    listed(45081, Class::NotForSending, "", "已经在输入状态,不可重复下发"),
    listed(45082, Class::Content, "need icp license for the url domain", ""),
    listed(45086, Class::Content, "invalid attrbute 'data-miniprogram-appid'", ""),
    listed(45087, Class::Account, "customer service message from this account have been blocked!", ""),
    listed(45093, Class::Quota, "no quota to send msg", ""),
    listed(
        45094,
        Class::Account,
        "not allow to send custom message when user enter session, for punishment",
        "",
    ),
    seen(45098, Class::Content, "msgmenu list size is out of limit", ""),
    listed(45099, Class::Content, "msgmenu item content size is out of limit", ""),
    listed(45101, Class::Quota, "hit upload limit", ""),
    listed(45102, Class::Quota, "this api have been blocked temporarily.", ""),
    listed(45103, Class::Account, "This API has been unsupported", ""),
    listed(45104, Class::Quota, "reach max domain quota limit", ""),
    listed(45159, Class::NotForSending, "invalid tag id", "非法的标签"),
    seen(45162, Class::Account, "invalid type", ""),
    listed(45166, Class::Content, "invalid content", ""),
    listed(46001, Class::Content, "media data no exist", "不存在媒体数据,media_id 不存在"),
    listed(46004, Class::Recipient, "user no exist", "不存在的用户"),
    listed(46007, Class::Busy, "file being transcoded, please try later", ""),
    listed(47001, Class::Account, "data format error", "解析 JSON/XML 内容错误"),
    listed(
        47002,
        Class::Account,
        "data format error, do NOT use json unicode encode (\\uxxxx\\uxxxx), please use utf8 encoded text!",
        "",
    ),
    seen(47003, Class::Content, "argument invalid! data.xxx.value is empty", "模板参数不准确"),
    seen(48001, Class::Account, "api unauthorized", "api 功能未授权,请确认公众号已获得该接口"),
    listed(
        48002,
        Class::Recipient,
        "user block receive message",
        "粉丝拒收消息(粉丝在公众号选项中,关闭了“接收消息”)",
    ),
    listed(48003, Class::Account, "user not agree mass-send protocol", ""),
    seen(
        48004,
        Class::Account,
        "api forbidden for irregularities, view detail on mp.weixin.qq.com",
        "api 接口被封禁,请登录 mp.weixin.qq.com 查看详情",
    ),
    listed(
        48006,
        Class::Account,
        "forbid to clear quota because of reaching the limit",
        "api 禁止清零调用次数,因为清零次数达到上限",
    ),
    listed(48008, Class::Account, "no permission for this msgtype", "没有该类型消息的发送权限"),
    listed(48009, Class::Account, "this api is expired", ""),
    listed(48017, Class::Account, "", ""),
    listed(49003, Class::Recipient, "not match openid with appid", ""),
    listed(50001, Class::Account, "api unauthorized or user unauthorized", "用户未授权该 api"),
    seen(50002, Class::Recipient, "user limited", "用户受限,可能是用户帐号被冻结或注销"),
    listed(50004, Class::Account, "user not allow to use accesstoken, maybe for punishment", ""),
    listed(50005, Class::Recipient, "user is unsubscribed", "用户未关注公众号"),
    listed(53600, Class::Account, "", "Article ID 无效"),
    listed(61003, Class::Account, "component is not authorized by this account", ""),
    listed(61004, Class::Account, "access clientip is not registered", ""),
    listed(61007, Class::Account, "api is unauthorized to component", ""),
    listed(61016, Class::Account, "", ""),
    listed(61023, Class::Account, "refresh_token is invalid", ""),
    listed(61024, Class::Account, "", ""),
    listed(61450, Class::Busy, "", "系统错误 (system error)"),
    listed(61451, Class::Account, "invalid parameter", "参数错误"),
    listed(61452, Class::Account, "invalid kf_account", "无效客服账号"),
    listed(61453, Class::Account, "", "客服帐号已存在"),
    listed(61454, Class::Account, "", ""),
    listed(61455, Class::Account, "", ""),
    listed(61456, Class::Account, "", ""),
    listed(61457, Class::Account, "", ""),
    listed(
        65400,
        Class::Account,
        "please enable new custom service, or wait for a while if you have enabled",
        "API不可用,即没有开通/升级到新客服功能",
    ),
    seen(65401, Class::Account, "invalid custom service account", "无效客服账号"),
    listed(
        65402,
        Class::Account,
        "the custom service account need to bind a wechat user",
        "客服账号尚未绑定微信号,不能投入使用",
    ),
    listed(65413, Class::Recipient, "", ""),
    listed(65414, Class::Recipient, "", ""),
    listed(65415, Class::Recipient, "", ""),
    listed(65416, Class::NotForSending, "", ""),
    listed(65417, Class::NotForSending, "", ""),
    listed(70000, Class::Recipient, "", "为保护未成年人权益,该条消息发送失败"),
    listed(76001, Class::NotForSending, "", ""),
    listed(76002, Class::NotForSending, "", ""),
    listed(76003, Class::NotForSending, "", ""),
    listed(76004, Class::NotForSending, "", ""),
    listed(76021, Class::NotForSending, "cgi_path not found, please check", ""),
    listed(76022, Class::NotForSending, "", ""),
    listed(87009, Class::Account, "invalid signature", "无效的签名"),
    listed(87014, Class::Content, "risky content", "内容可能潜在风险"),
    listed(88000, Class::NotForSending, "", ""),
    listed(88001, Class::NotForSending, "", ""),
    listed(88002, Class::NotForSending, "", ""),
    listed(88003, Class::NotForSending, "", ""),
    listed(88004, Class::NotForSending, "", ""),
    listed(88005, Class::NotForSending, "", ""),
    listed(88006, Class::NotForSending, "", ""),
    listed(88007, Class::NotForSending, "", ""),
    listed(88008, Class::NotForSending, "", ""),
    listed(88009, Class::NotForSending, "", ""),
    listed(88010, Class::NotForSending, "", ""),
    listed(89501, Class::Account, "", "公众号有未处理的确认请求"),
    listed(89502, Class::Account, "", "请耐心等待管理员确认"),
    listed(89503, Class::Account, "", "此次调用需要管理员确认"),
    listed(89504, Class::Busy, "", "正在等管理员确认"),
    listed(89505, Class::Busy, "", "正在等管理员确认"),
    listed(89506, Class::Account, "", "该IP调用请求已被公众号管理员拒绝,24小时后再试"),
    listed(89507, Class::Account, "", "该IP调用请求已被公众号管理员拒绝,1小时后再试"),
    listed(9001002, Class::Busy, "", "远端服务不可用"),
    listed(9001007, Class::Account, "", "上传文件缺失"),
    listed(9001008, Class::Account, "", ""),
    listed(9001009, Class::Account, "", ""),
    listed(9001010, Class::Account, "", "上传失败"),
    listed(268487001, Class::Busy, "", "系统繁忙"),
    listed(268487002, Class::Busy, "", "系统繁忙"),
];

/// The entry of a code, where it is known.
pub(crate) fn find(code: i64) -> Option<&'static ErrorCode> {
    let place = TABLE.binary_search_by_key(&code, |entry| entry.code).ok()?;
    TABLE.get(place)
}

/// The name of a code in `locales/`, below `errcode`: the code itself, or `unknown` for one that is not in the table.
pub(crate) fn key(code: i64) -> String {
    find(code).map_or_else(|| "unknown".to_owned(), |known| known.code.to_string())
}

/// What a code means for the run. A code that nobody listed refuses this recipient only:
/// stopping for it would hold up everybody else.
pub(crate) fn class_of(code: i64) -> Class {
    find(code).map_or(Class::Recipient, |entry| entry.class)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn codes_of(class: Class) -> Vec<i64> {
        TABLE.iter().filter(|entry| entry.class == class).map(|entry| entry.code).collect()
    }

    #[test]
    fn codes_ascend_without_a_repeat() {
        for pair in TABLE.windows(2) {
            assert!(pair[0].code < pair[1].code, "{} before {}", pair[0].code, pair[1].code);
        }
    }

    #[test]
    fn every_code_is_found() {
        for entry in TABLE {
            assert_eq!(find(entry.code), Some(entry));
            assert_eq!(class_of(entry.code), entry.class);
        }
    }

    #[test]
    fn a_code_that_nobody_listed_is_the_recipients() {
        for code in [i64::MIN, -2, 1, 40101, 99999, i64::MAX] {
            assert_eq!(find(code), None);
            assert_eq!(class_of(code), Class::Recipient);
        }
    }

    #[test]
    fn three_codes_mean_a_dead_token() {
        assert_eq!(codes_of(Class::Token), [40001, 40014, 42001]);
    }

    #[test]
    fn only_zero_is_success_and_only_the_minute_limit_throttles() {
        assert_eq!(codes_of(Class::Ok), [0]);
        assert_eq!(codes_of(Class::Throttle), [45011]);
    }

    #[test]
    fn the_codes_that_the_contract_names_have_their_class() {
        let named: [(Class, &[i64]); 5] = [
            (Class::Account, &[48001, 40013, 40125, 40164, 45087]),
            (Class::Quota, &[45009]),
            (Class::Busy, &[-1]),
            (Class::Recipient, &[45015, 45047, 40003]),
            (Class::Content, &[45002, 40007, 40165]),
        ];
        for (class, codes) in named {
            for &code in codes {
                assert_eq!(class_of(code), class, "{code}");
            }
        }
    }

    #[test]
    fn every_range_is_written_out() {
        let ranges = [
            40044..=40047,
            43001..=43003,
            61453..=61457,
            76001..=76004,
            88000..=88010,
            89501..=89507,
            9001007..=9001010,
        ];
        for code in ranges.into_iter().flatten() {
            assert!(find(code).is_some(), "{code}");
        }
    }

    #[test]
    fn texts_carry_neither_hint_nor_rid() {
        for entry in TABLE {
            for tail in ["hint:", "hints:", "rid:"] {
                assert!(!entry.errmsg.contains(tail), "{}", entry.code);
            }
            assert_eq!(entry.errmsg, entry.errmsg.trim(), "{}", entry.code);
            assert_eq!(entry.official, entry.official.trim(), "{}", entry.code);
        }
    }

    #[test]
    fn every_class_is_in_all_once_and_has_a_name_of_its_own() {
        assert!(Class::ALL.is_sorted());
        let names: BTreeSet<_> = Class::ALL.into_iter().map(Class::name).collect();
        assert_eq!(names.len(), Class::ALL.len());
        for entry in TABLE {
            assert!(Class::ALL.contains(&entry.class));
        }
    }
}
