//! The assistant's own words: whether they promise a human. A promise without a hand-off would leave a customer
//! waiting for nobody, so the caller makes it true.
//!
//! A sentence promises when somebody begins ("I'm"), hands over ("connecting") and there is a customer or a colleague
//! at the other end, or when a colleague is said to come. A question, a condition or an instruction is an offer.

use std::sync::LazyLock;

use super::words::{Phrases, words};

/// Words between the beginning and its verb.
const TO_VERB: usize = 4;
/// Words between the verb and its aim.
const TO_AIM: usize = 9;
/// Words between somebody and what they will do.
const TO_ARRIVAL: usize = 7;

struct Tongue {
    /// Whole promises.
    whole: Phrases,
    /// "I will", "let me".
    begins: Phrases,
    verbs: Phrases,
    aims: Phrases,
    /// "a colleague".
    someone: Phrases,
    /// "will be with you".
    arrives: Phrases,
    /// What makes an offer or an explanation of the sentence.
    offers: Phrases,
    /// What denies it, when it stands behind the beginning.
    nots: Phrases,
}

static TONGUES: LazyLock<[Tongue; 4]> = LazyLock::new(|| [english(), german(), spanish(), french()]);

/// Whether the assistant promises in `text` that a human takes over.
pub fn promises_human(text: &str) -> bool {
    sentences(text).any(|(sentence, asks)| {
        let words = words(sentence);
        !asks && TONGUES.iter().any(|tongue| tongue.promises(&words))
    })
}

/// Each sentence, and whether it is a question.
fn sentences(text: &str) -> impl Iterator<Item = (&str, bool)> {
    text.split_inclusive(['.', '!', '?', '\n', '…', ';']).map(|sentence| (sentence, sentence.ends_with('?')))
}

impl Tongue {
    fn promises(&self, words: &[String]) -> bool {
        if self.offers.are_in(words) {
            return false;
        }
        if self.whole.are_in(words) {
            return !self.nots.are_in(words);
        }
        self.begun(words) || self.comes(words)
    }

    /// "I'm … connecting … you".
    fn begun(&self, words: &[String]) -> bool {
        let mut rest = words;
        while let Some((at, len)) = self.begins.find(rest) {
            let behind = rest.get(at + len..).unwrap_or(&[]);
            if let Some((verb, verb_len)) = self.verbs.find(head(behind, TO_VERB)) {
                let reach = head(behind, verb + verb_len + TO_AIM);
                let aimed = self.aims.are_in(reach);
                if aimed && !self.nots.are_in(reach) {
                    return true;
                }
            }
            rest = rest.get(at + 1..).unwrap_or(&[]);
        }
        false
    }

    /// "A colleague … will be with you".
    fn comes(&self, words: &[String]) -> bool {
        let mut rest = words;
        while let Some((at, len)) = self.someone.find(rest) {
            let behind = head(rest.get(at + len..).unwrap_or(&[]), TO_ARRIVAL);
            let before = rest.get(at.saturating_sub(2)..at).unwrap_or(&[]);
            if self.arrives.are_in(behind) && !self.nots.are_in(behind) && !self.nots.are_in(before) {
                return true;
            }
            rest = rest.get(at + 1..).unwrap_or(&[]);
        }
        false
    }
}

fn head(words: &[String], len: usize) -> &[String] {
    words.get(..len.min(words.len())).unwrap_or(&[])
}

fn english() -> Tongue {
    Tongue {
        whole: Phrases::new(
            "transferring you, connecting you, handing you over, putting you through, passing you on, you are being transferred, \
             you are being connected, youre being transferred, youre being connected, you will be connected, you will be transferred, \
             youll be connected, youll be transferred, please hold while i, hold on while i connect, one moment while i connect, \
             has been escalated, have been escalated, has been forwarded to, has been passed to, has been handed over, i have escalated, ive escalated",
        ),
        begins: Phrases::new(
            "im, i am, i will, ill, let me, allow me to, we are, we will, well, i have, ive, we have, weve, im going to, i shall, going to",
        ),
        verbs: Phrases::new(
            "connect*, transfer*, pass, passing, passed, hand, handing, handed, forward*, escalat*, put, putting, get, getting, \
             bring, bringing, brought, notif*, rout*, redirect*, refer, referring, referred, patch*, switch*, loop*, alert*, asked, asking, call, calling, find you, finding you, send, sending",
        ),
        aims: Phrases::new(
            "you to, you with, you through, you over, you now, you right away, you straight, you on, someone, somebody, \
             agent, agents, human, colleague, colleagues, representative, specialist, operator, advisor, manager, supervisor, \
             to our team, to the team, support team, our team to, to our support, to support, customer service, a person, a real person, live person",
        ),
        someone: Phrases::new(
            "agent, agents, human, colleague, colleagues, representative, specialist, operator, advisor, someone, somebody, team member, \
             our team, support team, team, person, manager, they, one of us",
        ),
        arrives: Phrases::new(
            "will be with you, ll be with you, will join, will take over, will contact you, will reach out, will get back to you, will assist you, \
             will help you, will be joining, is joining, is on the way, is on their way, will be here, will be right with you, will continue, \
             will follow up, will call you, will be in touch, will message you, will take it from here, is taking over, will shortly be with you, will respond to you, will answer you, are on their way",
        ),
        offers: Phrases::new(
            "if, would you like, do you want, do you need, want me to, shall i, should i, whether, when, whenever, click, press, button, tap, type, \
             once you, after you, usually, typically, normally, just say, just ask, say the word, let me know, feel free, you can, able to, happy to, \
             glad to, could, may, might, before i, in case, unless, wherever, id need, ask for, example, for instance, customers, visitors, offer",
        ),
        nots: Phrases::new("not, cant, cannot, wont, dont, never, unable, no, without, isnt, arent, nobody"),
    }
}

fn german() -> Tongue {
    Tongue {
        whole: Phrases::new(
            "verbinde sie, verbinde dich, leite sie weiter, leite dich weiter, stelle sie durch, werden verbunden, werden nun verbunden, werden jetzt verbunden, \
             wirst verbunden, werden weitergeleitet, wirst jetzt verbunden, wurde weitergeleitet, wurde an unser team weitergeleitet, wird jetzt verbunden, gebe sie weiter an, ubergebe sie, ubergebe dich",
        ),
        begins: Phrases::new("ich werde, ich, wir werden, wir, ich habe, lassen sie mich"),
        verbs: Phrases::new(
            "verbinde*, leite*, ubergebe*, gebe, hole, rufe, informiere, benachrichtige, informiert, benachrichtigt, weitergeleitet, weitergegeben, stelle, schalte, sage, bitte",
        ),
        aims: Phrases::new(
            "mitarbeiter*, kollegen, kollegin, kollege, menschen, kundenservice, kundendienst, berater, beraterin, support team, supportteam, unser team, ansprechpartner, agenten, agent, jemanden, experten",
        ),
        someone: Phrases::new(
            "mitarbeiter, mitarbeiterin, kollege, kollegin, kollegen, berater, beraterin, agent, jemand, mensch, ansprechpartner, unser team, team, wird sich, meldet sich",
        ),
        arrives: Phrases::new(
            "ist gleich bei, wird gleich, wird sich gleich, meldet sich, wird sich melden, wird sich bei, wird sich in, kummert sich, kuemmert sich, wird sich um, ubernimmt, wird ubernehmen, wird ihnen, wird dir, \
             hilft ihnen gleich, ist unterwegs, wird in kurze, ist in kurze, werden sich, wird sie kontaktieren, wird dich kontaktieren, kommt gleich",
        ),
        offers: Phrases::new(
            "wenn, falls, mochten sie, mochtest du, soll ich, sollen, wollen sie, willst du, kann, kann ich, konnen, konnte, konnten, klicken, klicke, knopf, button, schaltflache, sobald, \
             gerne wenn, ob, normalerweise, in der regel, sagen sie, sag, schreiben sie, bescheid, kunden konnen, zum beispiel",
        ),
        nots: Phrases::new("nicht, kein, keine, keinen, niemand, ohne, nie"),
    }
}

fn spanish() -> Tongue {
    Tongue {
        whole: Phrases::new(
            "le transfiero, te transfiero, le conecto, te conecto, le paso con, te paso con, le comunico con, te comunico con, le pongo en contacto, te pongo en contacto, \
             le estoy transfiriendo, te estoy transfiriendo, estoy conectando, estoy transfiriendo, sera transferido, sera transferida, seras transferido, ha sido transferido, ha sido escalada, ha sido escalado, \
             le derivo, te derivo, he avisado a, transfiriendote, conectandote, transfiriendole, conectandole",
        ),
        begins: Phrases::new(
            "voy a, vamos a, estoy, estamos, dejeme, dejame, permitame, he, ahora mismo, procedo a, le, te",
        ),
        verbs: Phrases::new(
            "transfer*, transfier*, conectar*, conectando*, pasar*, pasando*, comunicar*, comunicando*, poner*, derivar*, derivando*, escalar*, avisar*, avisado, informado, escalado, pedido, transferire, conectare, pasare, pondre",
        ),
        aims: Phrases::new(
            "agente, asesor, asesora, humano, persona, companero, companera, colega, representante, equipo, operador, especialista, supervisor, atencion al cliente, alguien",
        ),
        someone: Phrases::new(
            "agente, asesor, asesora, companero, companera, persona, representante, alguien, operador, nuestro equipo, equipo, especialista, colega",
        ),
        arrives: Phrases::new(
            "le atendera, te atendera, estara con usted, estara contigo, se pondra en contacto, le contactara, te contactara, se unira, le ayudara, te ayudara, le respondera, te respondera, le escribira, te escribira, le llamara, te llamara",
        ),
        offers: Phrases::new(
            "si, si quiere, si quieres, quiere que, quieres que, desea, deseas, puedo, puede, puedes, pueden, podria, cuando, haga clic, haz clic, pulse, pulsa, boton, normalmente, una vez, digame, dime, avisame, aviseme, por ejemplo, los clientes",
        ),
        nots: Phrases::new("no, nunca, sin, ningun, nadie, tampoco"),
    }
}

fn french() -> Tongue {
    Tongue {
        whole: Phrases::new(
            "je vous transfere, je te transfere, je vous mets en relation, je te mets en relation, je vous mets en contact, je vous connecte, je te connecte, je vous passe, je te passe, \
             je vous redirige, je vous oriente vers, vous allez etre mis, vous allez etre transfere, vous allez etre transferee, vous allez etre redirige, vous etes transfere, vous serez mis, vous serez transfere, a ete transmise, a ete transferee, j ai transmis, je transmets votre",
        ),
        begins: Phrases::new(
            "je vais, nous allons, je suis en train de, laissez moi, permettez moi de, j ai, nous avons, je, on va",
        ),
        verbs: Phrases::new(
            "transfer*, mettre, connecter, passer, rediriger, orienter, escalade*, transmettre, transmis, prevenir, prevenu, previens, contacter, contacte, contacté, alerte, transmets, diriger, appeler, appelle, demande, informe",
        ),
        aims: Phrases::new(
            "agent, conseiller, conseillere, humain, collegue, collegues, equipe, personne, responsable, representant, specialiste, operateur, service client, quelqu un, technicien",
        ),
        someone: Phrases::new(
            "agent, conseiller, conseillere, collegue, personne, quelqu un, representant, specialiste, notre equipe, equipe, operateur, humain, technicien",
        ),
        arrives: Phrases::new(
            "va vous repondre, vous repondra, sera avec vous, va prendre, prendra le relais, prendra contact, va vous contacter, vous contactera, vous rejoindra, va vous rejoindre, va vous aider, vous aidera, arrive, vous rappellera, va vous rappeler, va reprendre, reviendra vers vous, s occupe de vous, va s occuper",
        ),
        offers: Phrases::new(
            "si, s il, voulez vous, veux tu, souhaitez vous, souhaitez, desirez, dois je, puis je, peux, peut, pouvez, peuvent, pourrais, quand, lorsque, cliquez, clique, bouton, une fois, normalement, en general, dites moi, dis moi, par exemple, les clients",
        ),
        nots: Phrases::new("pas, jamais, sans, aucun, ne, personne ne, ni"),
    }
}

#[cfg(test)]
mod tests;
