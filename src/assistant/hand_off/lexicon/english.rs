//! English, with the slips that people make in a hurry.

use super::{Lexicon, Order, Part};

pub(super) const ENGLISH: Lexicon = Lexicon {
    language: "en",
    order: Order::VerbFirst,
    pass_needs_aim: true,
    parts: &[
        (
            Part::Mask,
            "human resources, human rights, human error, human readable, human being error, human body, human nature, \
             human factor*, human made, human language, human way, human touch, in person, per person, first person, \
             third person, contact person, person name, person days, chat agent licen*, agents and admins, agent or admin, \
             admin or agent, agent and admin, change agent*, agent of*, agent 007, bonding agent, operator precedence, \
             support ticket*, support plan*, support hours, support page, support article*, support email, support for, \
             customer service hours, customer service policy, customer service software, customer support software, \
             customer support tool*, customer service tool*, customer service team of ours, my customer service, \
             our customer service, our customer support, my customer support, our support, my support, \
             my agent*, our agent*, my staff, our staff, my operator*, our operator*, my representative*, my human*, \
             our team, my team, sales representative role, tour operator*, boolean operator*, network operator*, \
             mobile operator*, phone operator*, crane operator*, logical operator*, search operator*, \
             no one, someone else is, someone has, someone else has, somebody has, someone is, anyone else",
        ),
        (
            Part::Deny,
            "are you, are u, r u, you are, youre, am i talking, am i speaking, am i chatting, am i texting, \
             is this a, is this an, was talking, was speaking, was chatting, were talking, have been talking, \
             did i talk, did i speak, dont make me, dont force me, do you have to be, what happens if, what happens when, \
             what if, i work as, im a, im an, i am a, i am an, i think i am, when does, when do, when is, \
             difference between, who can, how long does, how many, what does, what do, what is, what are, whats, \
             define, dont think i, not sure i, dont know if i, do i really, do i have to, used to be, talks like, \
             thank you for, thanks for, connecting me, nice to talk",
        ),
        (
            Part::Whole,
            "put me through, put a human on, get someone from, get somebody from, get me someone, get me somebody, put a person on, put someone on, get me out of this bot, stop the bot, no more bot*, no more robot*, enough with the bot, \
             done with this bot, sick of this bot, tired of talking to a bot, tired of talking to a machine, \
             is anyone there, is anybody there, anyone there, anybody there, anyone real there, \
             is there anyone real, is there a real person, is there a human, is there a person, is there any human, \
             is there a live person, are there any humans, are there real people, any humans here, any human here, any real person, \
             can someone call me, can somebody call me, have someone call me, someone call me, call me back, \
             can someone help me, can somebody help me, can anyone help me, i need someone to help, need somebody to help, \
             need someone who, i want someone to help, someone real, somebody real, live chat please, \
             escalate this, escalate my, escalate please, please escalate, transfer me, speak to your manager, \
             talk to your manager, let me talk to your, let me speak to your, get me your manager, your supervisor, \
             not a bot, not a robot, not a machine, not talking to a bot, dont want to talk to a bot, \
             dont want to talk to a robot, dont want a bot, dont want a robot, dont want to chat with a bot, \
             stop sending me bot answers, hand me over, forward me, i want out of this bot",
        ),
        (
            Part::How,
            "how do i, how can i, how to, how do we, how can we, how should i, do i, do we, does, where do i, why do, why does, how would i",
        ),
        (
            Part::Not,
            "dont, do not, dnt, not, no, without, instead of, rather than, havent, didnt, did not, wouldnt, would not, \
             doesnt, nobody, stop, aint, neither, nor, isnt, wont",
        ),
        (
            Part::Human,
            "human, human being, human beings, humans, real human, real person, real people, real agent, real humans, actual person, \
             actual human, actual people, live person, live human, live agent, live representative, live rep, live operator, live support, \
             human agent, human agents, human operator, human support, human representative, human rep, human assistant, \
             human assistance, human help, human colleague, real life person, physical person, flesh and blood, \
             person, persons, humen, humam, humn, hooman, preson, persn, live chat agent, customer service rep*, \
             customer support rep*, service representative, support representative, customer care representative, \
             support agent, customer service agent, customer support agent, service agent, csr",
        ),
        (
            Part::Role,
            "agent, representative, rep, operator, advisor, adviser, consultant, supervisor, manager, specialist, \
             customer service, customer support, customer care, support team, support person, support staff, tech support, \
             technical support, help desk, helpdesk, call center, call centre, service desk, team member, colleague, \
             sales rep, sales representative, sales person, salesperson, agnet, agant, representitive, repersentative, \
             represenative, operater, opertor, custmer service, costumer service, customer services, hotline, live chat, employee",
        ),
        (
            Part::Anyone,
            "someone, somebody, anyone, anybody, sb, some1, agents, representatives, reps, operators, people, staff, team, \
             support, sales, employees, colleagues, managers, guy, your boss",
        ),
        (
            Part::Speak,
            "talk, talking, tallk, tlak, takl, speak, speaking, speek, spaek, chat, chatting, discuss, converse, \
             message, contact, reach, get hold of, get a hold of, get in touch, in touch, deal with, dealing with, \
             communicate, correspond, have a chat, start a chat, open a chat, have a conversation, a chat with, a conversation with",
        ),
        (
            Part::Want,
            "want, wanna, need, like, love, prefer, get, request, requesting, demand, require, ask for, asking for, \
             asked for, looking for, look for, have, bring, call, phone, can i have, could i have, may i have, send, nee, wnat, ned",
        ),
        (
            Part::Pass,
            "connect, conect, transfer, tranfer, trasnfer, pass, put, hand, hand over, forward, give, redirect, switch, \
             escalate, refer, direct, link, patch, route, put through, pass on, handover",
        ),
        (Part::Own, "i, me, us, we, id, ill, im, my, ive, myself"),
        (
            Part::Other,
            "customer, customers, visitor, visitors, user, users, client, clients, guest, guests, they, he, she, bot, bots, \
             the assistant, chatbot, system, it, employer",
        ),
        (Part::Towards, "to, with, through, w, wth, onto, over to, 2, too"),
        (
            Part::Before,
            "travel, estate, letting, insurance, cleaning, user, change, secret, free, booking, shipping, delivery, \
             ticket, customs, double, ai, virtual, chemical, blowing, reducing, foaming, virus, transfer agent, press, fbi, \
             new, another new, per, each, every, second, third, one more, missing, deceased, disabled, only",
        ),
        (
            Part::After,
            "seat, seats, role, roles, dashboard, view, views, account, accounts, app, console, status, limit, limits, \
             name, names, string, id, ids, token, tokens, api, key, keys, plan, plans, page, pages, hours, email, emails, \
             licence, license, licences, licenses, permission, permissions, screen, inbox, interface, way, tone, voice, \
             side, settings, setting, feature, features, mode, panel, password, login, logins, widget, software, \
             group, groups, skills, skill, capacity, fees, fee, policy, resources, rights, error, on the, named, mentioned, \
             called, who called, number, profile, training, metrics, statistics, reports, queue, routing, button, \
             notification, notifications, list, documentation, docs, portal, tool, access, user, users, type, types, invoice",
        ),
        (
            Part::Apart,
            "a chat, the chat, this chat, my chat, chats, a conversation, the conversation, conversations, a ticket, messages, about, like a, like an, as, for my, for our, and then, because, than, when, whether, if, who, whose, while, \
             after, before, bot or, machine or, add, invite, create, remove, delete, hire, become, is, are, was, were, hear",
        ),
        (
            Part::Filler,
            "a, an, the, any, some, one, of, your, you, please, pls, plz, plez, please just, just, really, actually, actual, real, \
             live, lovely, is it possible, it is possible, would it be possible, it be possible, it would be, now, right now, asap, immediately, today, right away, quickly, again, first, already, finally, \
             can, could, may, might, would, will, shall, let, to be, be, being, able, do, so, then, ok, okay, hi, hello, hey, \
             thanks, thank you, thx, cheers, yes, yeah, yep, ya, kindly, directly, straight, instead, there, here, \
             this, that, these, in, at, on, from, over, ever, still, only if, somehow, available, possible, help, good, \
             competent, proper, kind, sort, another, different, must, have to, got to, gotta, going to, gonna, try, trying, wanting, hoping, hope, wish, way, very, much, seriously, damn, bloody, freaking, fucking, fuckin, f, \
             ffs, goddamn, god, chance, quick, service, customer, friendly, sir, madam, up, off, back, and, call, chance to, the phone, phone, \
             how about, on the phone, on the line, on the other end, over the phone, chatting, senior, actual living, living, breathing, native, english, german, spanish, french, speaking, \
             am, gimme, lemme",
        ),
    ],
};
