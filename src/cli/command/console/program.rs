//! The commands that only tell, run for the console: in this process, with nobody at a terminal.

use std::path::{Path, PathBuf};

use crate::audience::fence::Fence;
use crate::audience::reader::Reader;
use crate::cli::command::console::drafting;
use crate::cli::command::{report, results, runs, send, status};
use crate::cli::context::{Loaded, Whose, environment, loaded, validated_inside, variable, whose};
use crate::cli::exit_code::Exit;
use crate::cli::line::args::{
    CampaignArgs, Expect, Format, MaskOpenid, Progress, Report, Results, Runs, Send, SendArgs, Status,
};
use crate::cli::line::place_args::{JournalArgs, StateArgs};
use crate::cli::problem::{Part, Problem};
use crate::cli::telling::{Asked, Teller};
use crate::cli::terminal::{Heard, Said, Terminal, argument};
use crate::console::draft::{Draft, Drafted};
use crate::console::program::{Answer, Judged, Line, Planned, Program, Question};
use crate::journal::store::Store;
use crate::locale::{Catalog, Language};

/// The program as it was started.
pub(crate) struct Here {
    /// `--state-dir`.
    pub(crate) state_dir: Option<PathBuf>,
    /// The folder that it was started for: nothing else is read for a campaign.
    pub(crate) fence: Fence,
}

impl Program for Here {
    fn plan(&self, campaign: &Path) -> Planned {
        of_loaded(loaded(validated_inside(&self.fence, campaign, None, &environment())))
    }

    fn judge(&self, campaign: &Path, text: &str) -> Judged {
        let validated = validated_inside(&self.fence, campaign, Some(text), &environment());
        let audience = validated.audience.as_ref();
        let sources = audience.into_iter().flat_map(|audience| {
            let joined = audience.joins.all().iter().map(|join| &join.file.source);
            std::iter::once(&audience.source).chain(joined)
        });
        let mut columns: Vec<String> = Vec::new();
        for (reader, _) in sources.filter_map(|source| Reader::begin(source).ok()) {
            let names = reader.header().names().filter(|name| !name.is_empty());
            let new: Vec<String> = names.map(str::to_owned).filter(|name| !columns.contains(name)).collect();
            columns.extend(new);
        }
        let sound = validated.campaign.clone();
        Judged { planned: of_loaded(loaded(validated)), campaign: sound, columns }
    }

    fn ask(&self, question: &Question, campaign: &Path, language: Language) -> Answer {
        heard(language, |terminal| self.run(question, campaign, terminal))
    }

    fn journal(&self, campaign: &Path, language: Language) -> Result<Option<Store>, Answer> {
        let mut found = None;
        let answer = heard(language, |terminal| {
            let Whose { identity, id, .. } = whose(campaign)?;
            let flag = self.state_dir.as_ref();
            let asked = Asked { path: campaign, whose: &identity, id: &id, flag, local: false };
            found = Store::read(&Teller::find(&asked, terminal)?.state)?;
            Ok(Exit::Ok)
        });
        if answer.wrong.is_empty() { Ok(found) } else { Err(answer) }
    }

    fn draft(&self, draft: &Draft, language: Language) -> Drafted {
        drafting::look(draft, &Catalog::new(language))
    }

    fn make(&self, draft: &Draft, folder: &Path, language: Language) -> Result<PathBuf, Answer> {
        let mut made = None;
        let answer = heard(language, |terminal| drafting::make(draft, folder, &mut made, terminal));
        made.ok_or(answer)
    }

    fn command_line(&self, before: &[&str], campaign: &Path, behind: &[&str]) -> String {
        // A flag is one of ours; what people have typed stands behind one.
        let quoted = |word: &&str| match word.starts_with("--") {
            true => (*word).to_owned(),
            false => argument(Path::new(word)),
        };
        let behind = behind.iter().map(quoted);
        let state = self.state_dir.as_deref().map(|folder| format!("--state-dir {}", argument(folder)));
        let words = before.iter().map(|word| (*word).to_owned()).chain([argument(campaign)]);
        let words: Vec<String> = words.chain(behind).chain(state).collect();
        format!("wxcast {}", words.join(" "))
    }

    fn has_variable(&self, name: &str) -> bool {
        variable(name).is_some()
    }

    fn state_dir(&self) -> Option<&Path> {
        self.state_dir.as_deref()
    }
}

impl Here {
    fn run(&self, question: &Question, path: &Path, terminal: &Terminal) -> Result<Exit, Problem> {
        let campaign = CampaignArgs { campaign: path.to_owned() };
        let journal = JournalArgs::of(self.state_dir.clone());
        let format = Format::Json;
        match question {
            Question::Status => status::run(&Status { campaign, format, watch: false, journal }, terminal),
            Question::Runs => runs::run(&Runs { campaign, format, journal }, terminal),
            Question::Report => {
                let format = Some("json".to_owned());
                let (output, late, by, mask_openid) = (None, None, Vec::new(), MaskOpenid::On);
                report::run(&Report { campaign, format, output, late, by, mask_openid, journal }, terminal)
            }
            Question::Results(file) => {
                let (output, mask_openid) = (Some(file.clone()), MaskOpenid::Auto);
                results::run(&Results { campaign, output, mask_openid, journal }, terminal)
            }
            Question::Send => send::run(&self.question(campaign, false), terminal),
            Question::SendOn => send::run(&self.question(campaign, true), terminal),
        }
    }

    /// `send` up to its question: without a yes, and with nobody who could say it, nothing is sent.
    fn question(&self, campaign: CampaignArgs, continue_ramp: bool) -> Send {
        Send {
            campaign,
            how: SendArgs {
                rate: None,
                concurrency: None,
                limit: None,
                results: None,
                progress: Progress::None,
                format: Format::Human,
                mask_openid: MaskOpenid::Auto,
            },
            expect: Expect { expect_digest: None, expect_plan: None, expect_count: None },
            yes: false,
            continue_ramp,
            retry: None,
            at: None,
            wait_lock: None,
            take_over: None,
            state: StateArgs::of(self.state_dir.clone()),
        }
    }
}

fn of_loaded(Loaded { campaign, plan, sources, facts }: Loaded) -> Planned {
    Planned { campaign, plan, sources, facts }
}

/// What a command says when nobody is there.
fn heard(language: Language, run: impl FnOnce(&Terminal) -> Result<Exit, Problem>) -> Answer {
    let words = Catalog::new(language);
    let terminal = Terminal::listening(words.clone());
    let ended = run(&terminal);
    let Heard { data, said } = terminal.into_heard();
    let line = |Said { key, places, text }| Line { key, places, text };
    let wrong = match ended {
        Ok(_) => Vec::new(),
        Err(problem) => problem.told().iter().map(|told| wrong(told, &words)).collect(),
    };
    Answer { data, said: said.into_iter().map(line).collect(), wrong }
}

/// A part of what is wrong.
fn wrong(told: &Part, words: &Catalog) -> Line {
    let (key, text) = match told {
        Part::Error(sentence) | Part::Note(sentence) => {
            (Some(sentence.key().to_owned()), sentence.say(words))
        }
        // The screens show the faults themselves, each with its place.
        Part::Faults(drawn) => {
            let (faults, _) = &**drawn;
            let places: [(&str, &dyn std::fmt::Display); 2] =
                [("errors", &faults.errors()), ("warnings", &faults.warnings())];
            (None, words.say("preview.html.faults", &places))
        }
        Part::Fault(_, fault) => (None, fault.message(words)),
    };
    Line { key, places: Vec::new(), text }
}
