//! What a journal can be asked and told, whatever keeps it. SQLite is one way; nothing above this module knows which.
//!
//! All of it waits until it is done. One that is reached over a network keeps a thread of its own that talks, and waits for
//! that: the writer, the feed and the refresher of a run each have a journal open on a thread of theirs already. What is
//! read by the million comes to a closure row by row, so that none of it has to be in memory.

use std::fmt::Debug;
use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;

use crate::delivery::attempt::Incident;
use crate::delivery::outcome::Outcome;
use crate::journal::JournalError;
use crate::journal::attempts::RecordedAttempt;
use crate::journal::batch::Batch;
use crate::journal::history::{Begun, CampaignRecord, PersonMessage, Prunable, Pruned};
use crate::journal::identity::{CampaignKey, Claim, Identity, MessageKey, Naming, Person, Recipient, RunKey};
use crate::journal::kept::Kept;
use crate::journal::lineage::{Lineage, Mark, MessageSet};
use crate::journal::notice::Noticed;
use crate::journal::portable::{Export, Exported, ImportError, Imported};
use crate::journal::receipt::Entry;
use crate::journal::record::{Known, MessageCounts, Recorded};
use crate::journal::run::{RunEnd, RunRecord, RunStart};
use crate::journal::told::ToldMessage;
use crate::journal::whereabouts::Whereabouts;

/// A journal. Each of the traits is a subject; a backend has a file for each.
pub trait Backend:
    Claims
    + Blocks
    + TakeOver
    + Alike
    + Notes
    + Lineages
    + Beginnings
    + Commits
    + Messages
    + Attempts
    + Runs
    + Notices
    + People
    + PersonIndex
    + Prunes
    + Exports
    + Imports
    + Files
    + Debug
    + Send
{
}

/// Who may write the messages of a campaign.
pub trait Claims {
    /// The number of a campaign, where it has one.
    fn find_campaign(&self, identity: &Identity) -> Result<Option<CampaignKey>, JournalError>;

    /// Claims a campaign: whoever had it before can write nothing more. Intents without an outcome are those of a
    /// process that has ended, or may have; they become `unknown` because of `incident`, in the same transaction.
    /// Only whoever holds the campaign's lock may call it.
    fn claim(&mut self, identity: &Identity, incident: Incident) -> Result<Claim, JournalError>;

    /// Turns every intent without an outcome into `unknown`, because of `incident`. Gives how many there were.
    fn recover(&mut self, claim: Claim, incident: Incident) -> Result<usize, JournalError>;
}

/// Several processes that send one campaign together, where a journal lets them.
pub trait Blocks {
    /// Claims a campaign together with others who send the same plan, which has so many blocks of messages. A journal on
    /// one computer lets nobody join.
    ///
    /// # Errors
    ///
    /// When others are at work on it with another plan, or the journal cannot be written.
    fn join(
        &mut self,
        identity: &Identity,
        incident: Incident,
        plan: &str,
        blocks: u32,
    ) -> Result<Claim, JournalError>;

    /// Whether several processes may send one campaign.
    fn shares(&self) -> bool;

    /// Takes a block that nobody has, if possible this one or a later one; `held` are those that this process has already.
    /// Blocks of those who have not been heard of for
    /// long are free again, and what they had in flight is unknown.
    fn take_block(&self, claim: Claim, from: u32, held: &[u32]) -> Result<Share, JournalError>;

    /// Notes that nothing in a block is left to be sent.
    fn finish_block(&self, claim: Claim, number: u32) -> Result<(), JournalError>;
}

/// What there is to do for one of several processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// A block of messages.
    Block {
        /// Its place in the order of sending, from 0.
        number: u32,
        /// Whether another process had it before, which may have begun some of it.
        had_another: bool,
    },
    /// Others are at work on what is left.
    Wait,
    /// Nothing is left.
    Over,
}

/// How many messages a block has.
pub(crate) const BLOCK: usize = 1024;

/// What is asked before results are taken over, and their taking.
pub trait TakeOver {
    /// The campaigns of an identity, in all waves.
    fn waves(&self, identity: &Identity) -> Result<Vec<CampaignKey>, JournalError>;

    /// How often a campaign has been claimed.
    fn epoch(&self, campaign: CampaignKey) -> Result<i64, JournalError>;

    /// Takes in what results tell, all of it or nothing. Of a message that the journal knows, what forbids another
    /// request more than the other counts. Gives how many messages that changed.
    fn take_in(
        &mut self,
        claim: Claim,
        told: &mut dyn Iterator<Item = ToldMessage>,
    ) -> Result<usize, JournalError>;
}

/// Other campaigns that may be the same one under another name.
pub trait Alike {
    /// The other campaigns and waves of an account, a run of which had this text or this whole plan, and when the last
    /// such run began; the last one first.
    fn with_text(
        &self,
        whose: &Identity,
        text: &str,
        digest: &str,
    ) -> Result<Vec<(Identity, Timestamp)>, JournalError>;

    /// The other campaigns and waves of an account of which a run began since a moment, the last one first and at most
    /// so many.
    fn others_since(
        &self,
        whose: &Identity,
        since: Timestamp,
        most: usize,
    ) -> Result<Vec<Begun>, JournalError>;
}

/// What is known of the journal itself.
pub trait Notes {
    /// What tells this journal from every other.
    fn uuid(&self) -> Result<String, JournalError>;

    /// How many intents it was ever given. It only ever grows: one that knows fewer than a receipt was restored or lost.
    fn intents(&self) -> Result<i64, JournalError>;

    /// What is another one whenever something changed that results tell of the campaign. It may be another one without
    /// that too.
    fn version(&self, campaign: CampaignKey) -> Result<String, JournalError>;

    /// Whether it knows a message of a campaign, in any of its waves.
    fn knows(&self, identity: &Identity) -> Result<bool, JournalError>;

    /// A note about the journal itself.
    fn note(&self, key: &str) -> Result<Option<String>, JournalError>;

    /// Makes a note about the journal itself, in place of an earlier one.
    fn set_note(&self, key: &str, value: &str) -> Result<(), JournalError>;

    /// The machine that a campaign's messages were imported from, where it has not been agreed that they are this one's.
    fn origin(&self, campaign: CampaignKey) -> Result<Option<String>, JournalError>;

    /// Takes a campaign's messages for this machine's own.
    fn forget_origin(&self, campaign: CampaignKey) -> Result<(), JournalError>;
}

/// Whether a journal is an earlier one, or a copy, of what a receipt was written by.
pub trait Lineages {
    /// How it came to what it knows of a campaign.
    fn lineage(&self, campaign: CampaignKey) -> Result<Lineage, JournalError>;

    /// Which messages of a campaign it knows; nothing where an earlier version began to write them.
    fn message_set(&self, campaign: CampaignKey) -> Result<Option<MessageSet>, JournalError>;

    /// The mark that was left under a claim.
    fn mark(&self, claim: Claim) -> Result<Option<Mark>, JournalError>;
}

/// That a claim begins to send, so that a journal that loses what follows is known to have.
pub trait Beginnings {
    /// Notes that a claim begins to send, so that a journal that loses what follows is known to have, and leaves a mark.
    fn begin_sending(&self, claim: Claim) -> Result<(), JournalError>;

    /// Whether the campaign's claim with this number is known to have begun to send.
    fn has_begun(&self, claim: Claim) -> Result<bool, JournalError>;
}

/// What a run writes all the time.
pub trait Commits {
    /// Writes records in one commit, which is on disk when it returns. Gives for each intent the message's number, once
    /// its request may leave; an error in its place where another has taken that one message.
    fn commit(
        &mut self,
        claim: Claim,
        batch: &Batch<'_>,
    ) -> Result<Vec<Result<MessageKey, JournalError>>, JournalError>;

    /// Puts outcomes that cannot be written aside, so that they are written at the next contact. Gives whether that was
    /// done.
    fn put_aside(&mut self, claim: Claim, batch: &Batch<'_>) -> bool;
}

/// The messages of a campaign.
pub trait Messages {
    /// How many messages of a campaign are in which state, without reading more of them than that.
    fn count(&self, campaign: CampaignKey) -> Result<MessageCounts, JournalError>;

    /// The number before those of a campaign's messages, all of which lie within 2^32 after it.
    fn before(&self, campaign: CampaignKey) -> MessageKey;

    /// At most how many messages a campaign has.
    fn most(&self, campaign: CampaignKey) -> Result<usize, JournalError>;

    /// Calls `each` with every message of a campaign in whatever order, only what an index needs.
    fn known(
        &self,
        campaign: CampaignKey,
        each: &mut dyn FnMut(&Recipient<'_>, u32, Known),
    ) -> Result<(), JournalError>;

    /// The same, and only to whom, and which to them.
    fn identities(
        &self,
        campaign: CampaignKey,
        each: &mut dyn FnMut(&Recipient<'_>, u32),
    ) -> Result<(), JournalError>;

    /// By what an account's messages are found in memory.
    fn naming(&self, appid: &str) -> Naming;

    /// The same, of a campaign.
    fn naming_of(&self, campaign: CampaignKey) -> Result<Naming, JournalError>;

    /// A message by its number.
    fn message(&self, id: MessageKey) -> Result<Option<Recorded>, JournalError>;

    /// Calls `each` with the messages of a campaign after a number, at most so many, in the order of their first
    /// intents.
    fn messages_after(
        &self,
        campaign: CampaignKey,
        after: MessageKey,
        most: usize,
        each: &mut dyn FnMut(Recorded),
    ) -> Result<(), JournalError>;

    /// Settles unknown messages by hand and notes who did, all of them or none. Messages that are not unknown are left
    /// alone. Gives how many were settled.
    fn resolve(
        &mut self,
        claim: Claim,
        ids: &[MessageKey],
        outcome: Outcome,
        who: &str,
        at: Timestamp,
    ) -> Result<usize, JournalError>;
}

/// The attempts that were followed by another.
pub trait Attempts {
    /// Calls `each` with every attempt of a campaign that was followed by another, in the order in which they ended.
    /// Every message's last attempt is in the message itself.
    fn attempts(
        &self,
        campaign: CampaignKey,
        each: &mut dyn FnMut(RecordedAttempt),
    ) -> Result<(), JournalError>;
}

/// The runs of a campaign.
pub trait Runs {
    /// Notes that a run begins and gives its number.
    fn begin_run(&mut self, claim: Claim, run: &RunStart) -> Result<RunKey, JournalError>;

    /// Notes how a run ended.
    fn end_run(&self, id: RunKey, end: &RunEnd) -> Result<(), JournalError>;

    /// The runs of a campaign, the first one first.
    fn runs(&self, campaign: CampaignKey) -> Result<Vec<RunRecord>, JournalError>;
}

/// What was noted of runs.
pub trait Notices {
    /// What was noted of the runs of a campaign, the first thing first. What a later version noted that this one does
    /// not understand is left out.
    fn notices(&self, campaign: CampaignKey) -> Result<Vec<Noticed>, JournalError>;
}

/// What an account has sent, over all its campaigns.
pub trait People {
    /// The campaigns and waves of an account, in the order in which the journal came to know them.
    fn campaigns(&self, appid: &str) -> Result<Vec<CampaignRecord>, JournalError>;

    /// Everything this account ever sent to a person, the first message first.
    fn of_person(&self, appid: &str, openid: &str) -> Result<Vec<PersonMessage>, JournalError>;

    /// The other campaigns and waves of an account on the same channel.
    fn other_campaigns(&self, whose: &Identity) -> Result<Vec<CampaignKey>, JournalError>;

    /// Calls `each` for every one of these persons, who are sorted, whom the platform refused since a moment with one of
    /// these errcodes, and whom nothing reached since: with their place among them and when that was last. Only these
    /// campaigns are looked at.
    fn refusals(
        &self,
        campaigns: &[CampaignKey],
        since: Timestamp,
        codes: &[i64],
        persons: &[Person],
        each: &mut dyn FnMut(usize, Timestamp),
    ) -> Result<(), JournalError>;

    /// Calls `each` for every one of these persons, who are sorted, that was contacted since a moment by one of these
    /// campaigns: with their place among them and the times of the occasions, the last one first. An occasion is a
    /// campaign and wave, however many messages it had; its time is that of the last one that was, or may have been,
    /// delivered.
    fn occasions(
        &self,
        campaigns: &[CampaignKey],
        since: Timestamp,
        persons: &[Person],
        each: &mut dyn FnMut(usize, &[Timestamp]),
    ) -> Result<(), JournalError>;
}

/// By whom history finds a person.
pub trait PersonIndex {
    /// Brings what history asks up to date with a campaign's messages. Gives how many identities stand in the journal
    /// twice, which no run of wxcast brings about.
    fn index_persons(&mut self, claim: Claim, appid: &str) -> Result<u64, JournalError>;
}

/// Campaigns that are over.
pub trait Prunes {
    /// The accounts whose campaigns it has.
    fn appids(&self) -> Result<Vec<String>, JournalError>;

    /// When something happened to a campaign last: to a message of it, or a run began or ended.
    fn last_activity(&self, campaign: CampaignKey) -> Result<Option<Timestamp>, JournalError>;

    /// When the last answer to one of its messages came, or it was given up to get one.
    fn last_answer(&self, campaign: CampaignKey) -> Result<Option<Timestamp>, JournalError>;

    /// The campaigns to which nothing has happened since a moment, and of whose messages something is left.
    fn prunable(&self, before: Timestamp) -> Result<Vec<Prunable>, JournalError>;

    /// What stays of a campaign, where it was pruned.
    fn pruned(&self, campaign: CampaignKey) -> Result<Option<Pruned>, JournalError>;

    /// Takes the messages of campaigns out, all of them or none, and gives the room back where that can be done now.
    /// Only whoever holds the account's lock and theirs may call it.
    fn prune(&mut self, campaigns: &[Prunable], at: Timestamp) -> Result<(), JournalError>;

    /// Forgets that a campaign was pruned: somebody has agreed to go on with what is known.
    fn forget_pruned(&self, campaign: CampaignKey) -> Result<(), JournalError>;
}

/// A campaign on its way to another computer.
pub trait Exports {
    /// Writes a campaign with all its waves, as it is at this moment. Gives how many messages it has; the inner error is
    /// the stream's.
    fn export(&self, what: &Exported<'_>, out: &mut dyn Write) -> Result<io::Result<u64>, JournalError>;
}

/// A campaign that comes from another computer.
pub trait Imports {
    /// Takes an export in, all of it or nothing. Only whoever holds the campaign's lock may call it; a process that
    /// claimed the campaign before writes nothing more.
    fn take_export(&mut self, export: &mut Export) -> Result<Imported, ImportError>;

    /// Whether this journal has taken in all that another one knew of a campaign when it wrote a receipt.
    fn has_imported(&self, campaign: CampaignKey, receipt: &Entry) -> Result<bool, JournalError>;
}

/// The files that a journal is, and those that it has an eye on.
pub trait Files {
    /// Looks through the whole journal for damage.
    fn check(&self) -> Result<(), JournalError>;

    /// Where it lies; nothing where that is no place at which a copy could be told from it.
    fn place(&self) -> Option<Whereabouts>;

    /// Whether it can be read while it is written, and several processes can write it in turn. Without that, as in folders on
    /// a network, two computers must not use it.
    fn is_shareable(&self) -> bool;

    /// The files that must stay where they are while intents are written: its own, and the locks that were given to
    /// [`keep`](Files::keep).
    fn kept(&self) -> Vec<Kept>;

    /// Whether it, and the locks that were given to [`keep`](Files::keep), are still what others find.
    fn is_in_place(&self) -> bool;

    /// Has these files stay where they are while intents are written.
    fn keep(&mut self, files: Vec<Kept>);

    /// Keeps room for the answers to what will be sent, where a disk can be full.
    fn keep_reserve(&mut self, folder: &Path);

    /// Lets that room go. Gives whether there was any.
    fn let_reserve_go(&mut self) -> bool;
}
