//! Assistants behind a network: OpenAI's Chat Completions and Anthropic's Messages, and servers that speak them.

mod anthropic;
mod circuit;
mod draft;
mod http;
mod openai;
mod prompt;
mod retry;
mod sse;
mod wire;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use tokio::time::Instant;

use self::draft::Draft;
use self::http::{Answer, Deadline, Http, duration, millis};
use self::sse::{Event, Parser};
use self::wire::{Manner, Piece, Prompt};
use super::{Assistant, AssistantError, DeltaSink, Reply, Retrieval, Source, Turn};
use crate::config::{self, Secret};

pub use circuit::CircuitLimits;
pub use http::Limits;
pub use prompt::DEFAULT_PROMPT;

/// The longest answer on the wire whatever the settings say, bytes.
const ANSWER_BYTES: usize = 8 << 20;
/// What a token of a streamed answer takes on the wire at most, roughly, bytes.
const STREAMED_TOKEN_BYTES: usize = 1 << 10;

/// What a provider is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderSettings {
    /// Where the server is; only ever from the settings of the installation.
    pub base_url: String,
    /// Its key; many servers of one's own need none.
    pub api_key: Option<Secret>,
    /// The model of chatbots that name none.
    pub model: String,
    /// The longest answer, tokens.
    pub max_tokens: u32,
    /// How much chance; none = the model's own. Only for OpenAI's format.
    pub temperature: Option<f64>,
    /// Whether text is shown while it is made.
    pub stream: bool,
    /// Whether other servers than OpenAI's are asked to count streamed tokens.
    pub stream_usage: bool,
    /// Whether the hand-off tool is offered.
    pub tools: bool,
    /// Instructions for chatbots without their own; none = [`DEFAULT_PROMPT`].
    pub system_prompt: Option<String>,
    /// The bound of the conversation in the prompt, tokens.
    pub history_tokens: usize,
    /// Bounds of a turn.
    pub limits: Limits,
}

impl ProviderSettings {
    /// From `[assistant]`, for the OpenAI format.
    pub fn openai(settings: &config::Assistant) -> Self {
        Self {
            base_url: settings.openai_base_url.clone(),
            api_key: settings.openai_api_key.clone(),
            model: settings.openai_model.clone(),
            temperature: Some(settings.openai_temperature),
            ..Self::shared(settings, settings.openai_max_tokens)
        }
    }

    /// From `[assistant]`, for the Anthropic format.
    pub fn anthropic(settings: &config::Assistant) -> Self {
        Self {
            base_url: settings.anthropic_base_url.clone(),
            api_key: settings.anthropic_api_key.clone(),
            model: settings.anthropic_model.clone(),
            ..Self::shared(settings, settings.anthropic_max_tokens)
        }
    }

    fn shared(settings: &config::Assistant, max_tokens: u32) -> Self {
        let limits = Limits::default();
        let streamed = usize::try_from(max_tokens).unwrap_or(ANSWER_BYTES).saturating_mul(STREAMED_TOKEN_BYTES);
        Self {
            base_url: String::new(),
            api_key: None,
            model: String::new(),
            max_tokens,
            temperature: None,
            stream: settings.stream,
            stream_usage: settings.openai_stream_usage,
            tools: settings.tools,
            system_prompt: settings.system_prompt.clone(),
            history_tokens: usize::try_from(settings.history_tokens).unwrap_or(usize::MAX),
            limits: Limits {
                connect: config::millis(settings.connect_timeout_ms),
                first_token: config::millis(settings.first_token_timeout_ms),
                turn: config::millis(settings.turn_timeout_ms),
                retries: settings.retries,
                answer_bytes: limits.answer_bytes.saturating_add(streamed).min(ANSWER_BYTES),
                ..limits
            },
        }
    }
}

/// Settings that no provider can be made from. Names the key; never its value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct SettingsError {
    /// The key, `assistant.openai_api_key`.
    pub key: &'static str,
    /// What is wrong.
    pub problem: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vendor {
    OpenAi(openai::Flavour),
    Anthropic,
}

impl Vendor {
    const fn name(self) -> &'static str {
        match self {
            Self::OpenAi(_) => "openai",
            Self::Anthropic => "anthropic",
        }
    }

    fn body(self, prompt: &Prompt, manner: &Manner) -> Bytes {
        let body = match self {
            Self::OpenAi(flavour) => openai::body(prompt, manner, flavour),
            Self::Anthropic => anthropic::body(prompt, manner),
        };
        Bytes::from(body.to_string())
    }

    fn read_event(self, event: &Event) -> Result<Vec<Piece>, AssistantError> {
        match self {
            Self::OpenAi(_) => openai::read_event(event),
            Self::Anthropic => anthropic::read_event(event),
        }
    }

    fn read_whole(self, body: &[u8]) -> Result<Vec<Piece>, AssistantError> {
        match self {
            Self::OpenAi(_) => openai::read_whole(body),
            Self::Anthropic => anthropic::read_whole(body),
        }
    }
}

/// An assistant that asks a model over HTTP. One per installation: it keeps connections and the circuit's state.
pub struct Provider {
    vendor: Vendor,
    http: Http,
    settings: ProviderSettings,
    retrieval: Option<Arc<dyn Retrieval>>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("vendor", &self.vendor)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Provider {
    /// Speaks Chat Completions.
    ///
    /// # Errors
    /// The setting that is wrong.
    pub fn openai(settings: ProviderSettings) -> Result<Self, SettingsError> {
        let own = is_at(&settings.base_url, "api.openai.com");
        let key = secret_header("assistant.openai_api_key", settings.api_key.as_ref(), own, "Bearer ")?;
        let headers: HeaderMap = key.map(|key| (AUTHORIZATION, key)).into_iter().collect();
        let flavour = openai::Flavour { own, stream_usage: own || settings.stream_usage };
        let url = openai::url(&settings.base_url);
        Self::new(Vendor::OpenAi(flavour), "assistant.openai_base_url", &url, headers, settings)
    }

    /// Speaks Messages.
    ///
    /// # Errors
    /// The setting that is wrong.
    pub fn anthropic(settings: ProviderSettings) -> Result<Self, SettingsError> {
        let own = is_at(&settings.base_url, "api.anthropic.com");
        let key = secret_header("assistant.anthropic_api_key", settings.api_key.as_ref(), own, "")?;
        let mut headers = HeaderMap::new();
        headers.insert("anthropic-version", HeaderValue::from_static(anthropic::VERSION));
        headers.extend(key.map(|key| (reqwest::header::HeaderName::from_static("x-api-key"), key)));
        let url = anthropic::url(&settings.base_url);
        Self::new(Vendor::Anthropic, "assistant.anthropic_base_url", &url, headers, settings)
    }

    fn new(
        vendor: Vendor,
        key: &'static str,
        url: &str,
        headers: HeaderMap,
        settings: ProviderSettings,
    ) -> Result<Self, SettingsError> {
        let http = Http::new(url, headers, settings.limits).map_err(|problem| SettingsError { key, problem })?;
        Ok(Self { vendor, http, settings, retrieval: None })
    }

    /// Gives the model passages to read that fit the question.
    #[must_use]
    pub fn with_retrieval(mut self, retrieval: Arc<dyn Retrieval>) -> Self {
        self.retrieval = Some(retrieval);
        self
    }

    fn manner(&self, model: Option<&str>) -> Manner {
        Manner {
            model: model.unwrap_or(&self.settings.model).to_owned(),
            max_tokens: self.settings.max_tokens,
            temperature: self.settings.temperature,
            stream: self.settings.stream,
            tools: self.settings.tools,
        }
    }

    async fn ask(&self, body: Bytes, turn: &Turn, draft: &mut Draft<'_>) -> Result<(), AssistantError> {
        let by = Deadline::after(self.http.limits().turn, "turn");
        let began = Instant::now();
        let (answer, first_by) = self.http.send(body, by, self.settings.stream, turn.now).await?;
        if !answer.is_stream() {
            return self.read_whole(answer, by, began, draft).await;
        }
        let read = self.read_stream(answer, by, first_by, began, draft).await;
        // What breaks behind a complete answer does not take it back.
        if draft.is_whole() && !matches!(read, Err(AssistantError::Filtered)) { Ok(()) } else { read }
    }

    async fn read_whole(
        &self,
        mut answer: Answer,
        by: Deadline,
        began: Instant,
        draft: &mut Draft<'_>,
    ) -> Result<(), AssistantError> {
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk(by).await? {
            body.extend_from_slice(&chunk);
        }
        draft.take(self.vendor.read_whole(&body)?, millis(began.elapsed()))
    }

    async fn read_stream(
        &self,
        mut answer: Answer,
        turn_by: Deadline,
        first_by: Deadline,
        began: Instant,
        draft: &mut Draft<'_>,
    ) -> Result<(), AssistantError> {
        let mut parser = Parser::new();
        let mut by = first_by;
        while let Some(chunk) = answer.chunk(by).await? {
            for event in parser.push(&chunk) {
                draft.take(self.vendor.read_event(&event)?, millis(began.elapsed()))?;
            }
            if draft.has_ended() {
                return Ok(());
            }
            if draft.is_whole() {
                let tail = Instant::now() + duration(self.http.limits().tail);
                by = by.or(Deadline { at: tail, limit: "turn" });
            } else if draft.has_begun() {
                by = turn_by;
            }
        }
        // A last event without its blank line may also be one that was cut: only if it can be read does it count.
        if let Some(pieces) = parser.finish().and_then(|event| self.vendor.read_event(&event).ok()) {
            draft.take(pieces, millis(began.elapsed()))?;
        }
        match draft.is_whole() {
            true => Ok(()),
            false => Err(AssistantError::Unreachable("the answer broke off".to_owned())),
        }
    }
}

#[async_trait]
impl Assistant for Provider {
    fn provider(&self) -> &str {
        self.vendor.name()
    }

    async fn answer(&self, turn: Turn, deltas: &mut dyn DeltaSink) -> Result<Reply, AssistantError> {
        let passages = match &self.retrieval {
            Some(retrieval) => retrieval.passages_for(&turn.question(), &turn.persona),
            None => Vec::new(),
        };
        let rules = prompt::Rules {
            system_prompt: self.settings.system_prompt.as_deref(),
            history_tokens: self.settings.history_tokens,
            tools: self.settings.tools,
        };
        let prompt = prompt::build(&turn, &passages, &rules);
        if prompt.messages.is_empty() {
            return Err(AssistantError::Empty);
        }
        let body = self.vendor.body(&prompt, &self.manner(turn.persona.model.as_deref()));
        let leave = self.http.admit()?;
        let mut draft = Draft::new(deltas);
        let asked = self.ask(body, &turn, &mut draft).await;
        leave.settle(&asked);
        asked?;
        draft.finish(passages.into_iter().map(|passage| Source { id: passage.id, title: passage.title }).collect())
    }
}

fn is_at(base_url: &str, host: &str) -> bool {
    Url::parse(base_url).is_ok_and(|url| url.host_str() == Some(host))
}

/// A header that is not shown by anything that shows headers.
fn secret_header(
    key: &'static str,
    secret: Option<&Secret>,
    needed: bool,
    before: &str,
) -> Result<Option<HeaderValue>, SettingsError> {
    let Some(secret) = secret else {
        return if needed { Err(SettingsError { key, problem: "is needed for this server" }) } else { Ok(None) };
    };
    let mut value = HeaderValue::from_str(&format!("{before}{}", secret.expose().trim()))
        .map_err(|_| SettingsError { key, problem: "has characters that no header can carry" })?;
    value.set_sensitive(true);
    Ok(Some(value))
}
