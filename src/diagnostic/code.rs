//! The catalogue of diagnostics: unique, stable names with a severity each.
//!
//! A name is public: scripts and CI rules match on it, so it is never given to another fault and never
//! renamed. Title, message and help of each are in `locales/` under `diagnostic.<name>`.

use crate::diagnostic::severity::Severity;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $slug:literal, $severity:ident;)+) => {
        /// What is wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[$doc])* $variant,)+
        }

        impl Code {
            /// All of them, in the order of this file.
            pub const ALL: &[Code] = &[$(Code::$variant,)+];

            /// The stable name.
            pub fn slug(self) -> &'static str {
                match self {
                    $(Code::$variant => $slug,)+
                }
            }

            /// How bad it is.
            pub fn severity(self) -> Severity {
                match self {
                    $(Code::$variant => Severity::$severity,)+
                }
            }
        }
    };
}

codes! {
    // The campaign file as a file and as TOML.
    /// The campaign file cannot be read.
    CampaignUnreadable = "campaign-unreadable", Error;
    /// The campaign file is not UTF-8 text.
    CampaignNotText = "campaign-not-text", Error;
    /// A workbook, most likely the list, was named as the campaign.
    CampaignIsWorkbook = "campaign-is-workbook", Error;
    /// The campaign file is larger than one can be.
    CampaignTooLarge = "campaign-too-large", Error;
    /// The campaign file is not TOML.
    TomlSyntax = "toml-syntax", Error;
    /// A key that does not exist.
    UnknownKey = "unknown-key", Error;
    /// A key that must be there is not.
    MissingKey = "missing-key", Error;
    /// A value of the wrong type.
    WrongType = "wrong-type", Error;
    /// A value that is none of those allowed.
    NotOneOf = "not-one-of", Error;
    /// A value that cannot be used.
    BadValue = "bad-value", Error;
    /// A secret stands in the campaign file.
    SecretInCampaign = "secret-in-campaign", Error;
    /// An appid of another shape than usual.
    OddAppid = "odd-appid", Warning;
    /// A kf account of another shape than usual.
    OddKfAccount = "odd-kf-account", Warning;
    /// Some hosts are this computer and some are not.
    MixedHosts = "mixed-hosts", Error;
    /// More faults in the campaign file than are told one by one.
    TooManyFaults = "too-many-faults", Error;
    /// A policy file cannot be read.
    PolicyUnreadable = "policy-unreadable", Error;
    /// No moment lies in the campaign's hours and in those of its policies.
    HoursNever = "hours-never", Error;
    /// A file outside of the folder that may be read.
    OutsideSandbox = "outside-sandbox", Error;
    /// Two files of the campaign are the same file.
    SameFile = "same-file", Error;
    /// More rows than a results workbook has room for.
    ResultsTooLong = "results-too-long", Error;

    // The message and its kind.
    /// A message kind that does not exist.
    UnknownKind = "unknown-kind", Error;
    /// No message table.
    NoMessage = "no-message", Error;
    /// More than one message table.
    SeveralMessages = "several-messages", Error;
    /// This account kind cannot send this message kind.
    KindNotForAccount = "kind-not-for-account", Error;
    /// This account kind must not give this field.
    FieldNotForAccount = "field-not-for-account", Error;
    /// A list without an entry.
    EmptyList = "empty-list", Error;
    /// More articles than WeChat accepts today.
    SeveralArticles = "several-articles", Warning;
    /// More articles than WeChat ever accepted.
    TooManyArticles = "too-many-articles", Error;

    // Media files.
    /// Both an id and a file for the same thing.
    MediaTwice = "media-twice", Error;
    /// A cell leads out of the folder that the campaign names.
    MediaOutside = "media-outside", Error;
    /// A media file that cannot be read.
    MediaUnreadable = "media-unreadable", Error;
    /// A media file without content.
    MediaEmpty = "media-empty", Error;
    /// A content that is of no format the field takes.
    MediaFormat = "media-format", Error;
    /// A media file larger than the platform takes.
    MediaTooLarge = "media-too-large", Error;
    /// A picture larger than one of the platform's two texts says it takes.
    MediaLarge = "media-large", Warning;
    /// A recording that plays longer than the platform takes.
    MediaTooLong = "media-too-long", Error;
    /// A recording whose playing time cannot be told.
    MediaUnmeasured = "media-unmeasured", Warning;
    /// A file's name says another format than its content has.
    MediaName = "media-name", Warning;
    /// A picture that ends before its format says it does.
    MediaCutOff = "media-cut-off", Warning;

    // Templates.
    /// A template with no text.
    EmptyTemplate = "empty-template", Error;
    /// A template that is not Handlebars.
    TemplateSyntax = "template-syntax", Error;
    /// A variable that is no column.
    UnknownVariable = "unknown-variable", Error;
    /// A helper that does not exist.
    UnknownHelper = "unknown-helper", Error;
    /// A part of Handlebars that has no use here.
    TemplateUnsupported = "template-unsupported", Error;
    /// What looks like a variable of another tool and would be sent as it stands.
    UnfilledPlaceholder = "unfilled-placeholder", Error;
    /// A written `\n` or `<br>` in a text.
    MarkupInText = "markup-in-text", Warning;
    /// A character of a text that nobody sees, or that no font has.
    InvisibleInText = "invisible-in-text", Warning;
    /// A cell that is put into the query of an address as it is.
    RawInAddress = "raw-in-address", Warning;
    /// A condition that is nothing but a column of yes and no.
    BareCondition = "bare-condition", Warning;
    /// A comparison with a text that no row has.
    ValueInNoRow = "value-in-no-row", Warning;

    // Finished texts, constant or of one row.
    /// A field that must have text is blank.
    FieldBlank = "field-blank", Error;
    /// A text longer than the platform accepts.
    FieldTooLong = "field-too-long", Error;
    /// A text exactly at a limit whose boundary nobody has confirmed.
    FieldAtLimit = "field-at-limit", Warning;
    /// A text longer than is known to work.
    FieldLong = "field-long", Warning;
    /// A character that JSON can only carry as an escape, which WeChat refuses.
    ControlCharacter = "control-character", Error;
    /// A link that is no http or https address.
    OddUrl = "odd-url", Warning;
    /// A link tag without its end.
    UnclosedLink = "unclosed-link", Warning;
    /// A mini program path without the mini program.
    MiniprogramPathAlone = "miniprogram-path-alone", Warning;
    /// A mini program's appid of another shape than usual.
    OddMiniprogramAppid = "odd-miniprogram-appid", Warning;
    /// A template that failed on one row.
    RenderFailed = "render-failed", Error;

    // The audience as a file and as a table.
    /// The audience file cannot be read.
    AudienceUnreadable = "audience-unreadable", Error;
    /// Nobody has run the program that prints the audience.
    AudienceNotFetched = "audience-not-fetched", Error;
    /// The audience is a pipe, a device or the like.
    AudienceSpecial = "audience-special", Error;
    /// The audience file is empty.
    AudienceEmpty = "audience-empty", Error;
    /// The audience file is no text.
    AudienceNotText = "audience-not-text", Error;
    /// A file that is called a workbook and is text.
    NotAWorkbook = "not-a-workbook", Error;
    /// A workbook that is damaged.
    WorkbookUnreadable = "workbook-unreadable", Error;
    /// A workbook that asks for a password.
    WorkbookEncrypted = "workbook-encrypted", Error;
    /// The workbook has no sheet of this name.
    SheetMissing = "sheet-missing", Error;
    /// Several sheets could be the audience.
    SeveralSheets = "several-sheets", Error;
    /// A workbook whose only sheets are hidden.
    HiddenSheets = "hidden-sheets", Error;
    /// A sheet is named, but the audience is no workbook.
    SheetOfText = "sheet-of-text", Error;
    /// A workbook unfolds to more than a file of its size can mean.
    WorkbookTooLarge = "workbook-too-large", Error;
    /// Cells far beside the table.
    StrayCells = "stray-cells", Warning;
    /// Rows that are hidden by hand or by a filter and are part of the audience all the same.
    HiddenRows = "hidden-rows", Error;
    /// Bytes that are no text in the file's encoding.
    Undecodable = "undecodable", Error;
    /// The file may be in an encoding of the time before Unicode other than GB18030.
    UnsureEncoding = "unsure-encoding", Error;
    /// Bytes that are different good text in UTF-8 and in GB18030.
    AmbiguousEncoding = "ambiguous-encoding", Error;
    /// A header and nothing below it.
    NoRecipients = "no-recipients", Error;
    /// A title or a note stands above the names of the columns.
    TitleAboveNames = "title-above-names", Error;
    /// The row that should name the columns is empty or not there.
    HeaderRowEmpty = "header-row-empty", Error;
    /// More columns than a sheet has.
    TooManyColumns = "too-many-columns", Error;
    /// Some of the columns that results add, and not all.
    ResultsColumns = "results-columns", Error;
    /// Two columns of one name.
    DuplicateColumn = "duplicate-column", Error;
    /// Two columns whose names look the same and are not.
    AlikeColumns = "alike-columns", Warning;
    /// A column without a name.
    UnnamedColumn = "unnamed-column", Warning;
    /// The openid column is not there.
    OpenidColumnMissing = "openid-column-missing", Error;
    /// A rule for a column that is not there.
    RuleWithoutColumn = "rule-without-column", Error;
    /// A column that the results are to leave out is not there.
    OmittedColumnMissing = "omitted-column-missing", Error;
    /// A quote in a quoted cell is neither doubled nor the last character.
    LoneQuote = "lone-quote", Error;
    /// A quote that is opened and never closed; it swallows the rest of the file.
    UnclosedQuote = "unclosed-quote", Error;
    /// A row with more or fewer cells than the header.
    RaggedRow = "ragged-row", Error;

    // Other files of people beside the audience.
    /// A list cannot be read.
    ListUnreadable = "list-unreadable", Error;
    /// A list is a pipe, a device or the like.
    ListSpecial = "list-special", Error;
    /// A list without a column of openids.
    ListWithoutOpenids = "list-without-openids", Error;
    /// Nobody of the audience stands in a list.
    ListWithoutMatch = "list-without-match", Warning;

    // Columns of other files.
    /// A joined file cannot be read.
    JoinUnreadable = "join-unreadable", Error;
    /// A joined file is a pipe, a device or the like.
    JoinSpecial = "join-special", Error;
    /// The audience lacks the column by which a file is joined.
    JoinOnMissing = "join-on-missing", Error;
    /// A joined file lacks the column by which it is joined.
    JoinToMissing = "join-to-missing", Error;
    /// One key stands in two rows of a joined file.
    JoinRepeated = "join-repeated", Error;
    /// A column that is used stands in two files.
    JoinColumnTwice = "join-column-twice", Error;
    /// A row of the audience has none in a joined file.
    JoinMissing = "join-missing", Error;
    /// No row of the audience has one in a joined file.
    JoinWithoutMatch = "join-without-match", Warning;

    // Until when people can be written to.
    /// A column of the window table that is not there.
    WindowColumnMissing = "window-column-missing", Error;
    /// A time of last contact that cannot be read.
    WindowTime = "window-time", Error;
    /// Times that are written in two ways.
    WindowMixed = "window-mixed", Error;
    /// Times that are dates alone.
    WindowDateOnly = "window-date-only", Warning;
    /// A word for what somebody did that is none.
    WindowEvent = "window-event", Error;
    /// A count of messages that is none.
    WindowUsed = "window-used", Error;

    // What spreadsheets do to cells; one diagnostic for all cells with the same fault.
    /// Merged cells, of which only the first has a value.
    MergedCells = "merged-cells", Error;
    /// A date without a format to write it in.
    DateCell = "date-cell", Error;
    /// A zero that is shown as a date, as formulas make of blank cells.
    ZeroDate = "zero-date", Error;
    /// Dates that every computer shows in its own way, written as Excel in China shows them.
    RegionalDate = "regional-date", Warning;
    /// A row below the list that is no person's: a sum or a note.
    RowOfNobody = "row-of-nobody", Error;
    /// A row of results that was left out on purpose before.
    SkippedBefore = "skipped-before", Error;
    /// A number that programs show differently under the format of its cell.
    CellFormat = "cell-format", Error;
    /// A number that the format of its cell shows as a power of ten, `1.23E+05`.
    ScientificFormat = "scientific-format", Warning;
    /// A number that the format of its cell shows divided by a thousand.
    ScaledNumber = "scaled-number", Warning;
    /// A cell is written in a font that has pictures in place of letters.
    SymbolFont = "symbol-font", Error;
    /// A cell is struck through, whole or in part.
    StruckText = "struck-text", Error;
    /// A condition may show a number in a format of its own.
    ConditionalFormat = "conditional-format", Error;
    /// A formula whose value is another tomorrow.
    VolatileFormula = "volatile-formula", Warning;
    /// A `format` that does nothing to some cells of its column.
    FormatWithoutEffect = "format-without-effect", Warning;
    /// A number of so many digits that the last of them are lost.
    LongNumber = "long-number", Error;
    /// A formula whose value the workbook does not hold.
    FormulaWithoutValue = "formula-without-value", Error;
    /// An error value, `#N/A`.
    ErrorValue = "error-value", Error;
    /// Nothing but `#`: a column was too narrow for what stood there.
    ColumnTooNarrow = "column-too-narrow", Error;
    /// A formula as text, which nobody has calculated.
    FormulaAsText = "formula-as-text", Error;
    /// A picture in a cell, which no text can show.
    PictureInCell = "picture-in-cell", Error;
    /// A number in scientific notation, `6.22E+17`.
    ScientificNotation = "scientific-notation", Error;
    /// Long numbers whose last digits became zeros.
    LostDigits = "lost-digits", Warning;
    /// Numbers that are shorter than all others of their column.
    LostLeadingZeros = "lost-leading-zeros", Warning;
    /// Dates among texts that are none.
    CodeBecameDate = "code-became-date", Warning;
    /// Numbers or times as programs write them, `1001.0`.
    ProgramForm = "program-form", Warning;
    /// An apostrophe before the text.
    LeadingApostrophe = "leading-apostrophe", Warning;
    /// A mark that tells Excel that a number is text, `="0012"`.
    TextMark = "text-mark", Warning;
    /// A word that a program writes for nothing, `NULL`.
    NullWord = "null-word", Warning;
    /// What is left of characters that are lost, U+FFFD.
    DestroyedCharacters = "destroyed-characters", Error;
    /// Question marks and boxes where a program may have lost characters, `王?`.
    LostCharacters = "lost-characters", Warning;
    /// Text that was read in the wrong encoding.
    MisreadCharacters = "misread-characters", Warning;
    /// Characters that only some fonts have.
    PrivateUse = "private-use", Warning;
    /// What web pages and programs write for a line break or a sign, `<br/>`.
    MarkupInCell = "markup-in-cell", Warning;
    /// What looks like a variable in a cell, `{姓名}`: cells are not filled.
    PlaceholderInCell = "placeholder-in-cell", Warning;
    /// Blank cells that leave a gap in the message.
    BlankCells = "blank-cells", Warning;
    /// Blanks before or after the text.
    BlanksAround = "blanks-around", Warning;
    /// Characters that nobody sees.
    InvisibleCharacters = "invisible-characters", Warning;
    /// Full-width letters or digits.
    FullWidth = "full-width", Warning;

    // Rows.
    /// An openid cell without an openid.
    OpenidEmpty = "openid-empty", Error;
    /// An openid with a character that no openid has.
    OpenidCharacter = "openid-character", Error;
    /// An openid longer than any can be.
    OpenidTooLong = "openid-too-long", Error;
    /// An openid of another shape than all that were seen.
    OpenidShape = "openid-shape", Warning;
    /// Phone numbers, identity numbers or e-mail addresses in the place of openids.
    OpenidContact = "openid-contact", Error;
    /// The same person twice where that is a fault.
    DuplicateOpenid = "duplicate-openid", Error;
    /// The same person twice; the later row is skipped.
    DuplicateSkipped = "duplicate-skipped", Warning;
    /// More messages to one person than WeChat lets through.
    TooManyForOne = "too-many-for-one", Warning;
    /// A cell that must be filled is blank.
    CellBlank = "cell-blank", Error;
    /// A cell longer than its rule allows.
    CellTooLong = "cell-too-long", Error;
    /// A cell that does not match its pattern.
    CellPattern = "cell-pattern", Error;
    /// A cell that is none of those allowed.
    CellNotOneOf = "cell-not-one-of", Error;
}

impl Code {
    /// Finds a code by its name.
    pub(crate) fn find(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.slug() == slug)
    }
}
