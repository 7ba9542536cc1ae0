//! German and Dutch. Nouns may stand before their verb.

use super::{Lexicon, Order, Part};

pub(super) const GERMAN: Lexicon = Lexicon {
    language: "de",
    order: Order::Free,
    pass_needs_aim: false,
    parts: &[
        (
            Part::Mask,
            "ihre mitarbeiter werden, unsere mitarbeiter*, unserer mitarbeiter*, unseren mitarbeiter*, meine mitarbeiter*, \
             meiner mitarbeiter*, meinen mitarbeiter*, menschenrechte, mensch meier, user agent*, reise agent*, \
             pro person, pro agent, pro mitarbeiter, in person, personen pro, kein mensch versteht, jeder mensch, \
             menschliches versagen, menschlicher fehler, meinem kundenservice, unser kundenservice, unserem kundenservice, \
             personenbezogene*, person in der buchung",
        ),
        (
            Part::Deny,
            "bist du, sind sie ein, sind sie eine, bin ich ein, ist das ein, ist das hier ein, spreche ich mit, \
             rede ich mit, schreibe ich mit, chatte ich mit, was ist ein, was sieht ein, was macht ein, was kann ein, \
             wie viele, wieviele, wie lange, was passiert, wann, unterschied zwischen, ich bin, als agent, als mitarbeiter, \
             danke fur, habe gestern, hatte gestern, hab gestern",
        ),
        (
            Part::Whole,
            "ist da jemand, ist hier jemand, ist da ein mensch, gibt es hier menschen, gibts hier menschen, gibt es hier einen menschen, \
             kann mich jemand anrufen, kann mir jemand helfen, ruft mich an, rufen sie mich an, verbinden sie mich, \
             verbinde mich, bitte verbinden, weiterverbinden, stellen sie mich durch, stell mich durch, durchstellen, \
             kein bot, keinen bot, nicht mit einem bot, nicht mit einem roboter, nicht mit einer maschine, \
             jemand echtes, jemand echten, jemanden echtes, echte hilfe von jemand*",
        ),
        (
            Part::How,
            "wie kann ich, wie fuge ich, wie lade ich, wie lege ich, wie stelle ich, wie konnen, brauche ich, kann ich einen agenten",
        ),
        (Part::Not, "nicht, kein, keine, keinen, keinem, keiner, ohne, statt, anstatt, niemals, nie, weder"),
        (
            Part::Human,
            "mensch, menschen, menschn, menschlich*, echte person, echten person, echter person, richtige person, richtigen person, \
             reale person, realen person, echter mitarbeiter, echten mitarbeiter, menschenverstand haben, live agent, live agenten, \
             kundenberater*, kundenbetreuer*, servicemitarbeiter*, supportmitarbeiter*, support mitarbeiter*, service mitarbeiter*, \
             kundendienstmitarbeiter*, person aus fleisch und blut, sachbearbeiter*, ansprechpartner*",
        ),
        (
            Part::Role,
            "mitarbeiter, mitarbeiterin, mitarbeitern, mitarbeitende*, mitabeiter, agent, agenten, agentin, berater, beraterin, \
             betreuer, betreuerin, kundenservice, kundendienst, kundensupport, kundenbetreuung, operator, vorgesetzte*, \
             chef, kollege, kollegen, kollegin, support team, supportteam, support, hotline, person, personal, service team, \
             servicekraft, zustandigen, fachkraft, experten, experte",
        ),
        (Part::Anyone, "jemand, jemanden, jemandem, jmd, leute, leuten, wem, wen, personen, team"),
        (
            Part::Speak,
            "sprechen, spreche, sprech, reden, rede, red, chatten, schreiben, unterhalten, telefonieren, kontaktieren, \
             kontakt, erreichen, erreiche, quatschen, kommunizieren, gesprach, austauschen, sprache mit, kontakt aufnehmen, \
             wenden, verbunden, verbindung",
        ),
        (
            Part::Want,
            "will, wil, mochte, moechte, mocht, wurde gern, wuerde gern, brauche, brauch, benotige, benoetige, verlange, wunsche, \
             hatte gern, haette gern, hatte gerne, wollen, mochten, brauchen, fordere, suche, bevorzuge, holen, hol, holt, \
             geben, gib, gebt",
        ),
        (
            Part::Pass,
            "verbinden, verbinde, verbindet, weiterleiten, leite, leiten, ubergeben, uebergeben, ubergib, durchstellen, \
             weiterverbinden, weitergeben, vermitteln, schalten, bringen, schicken, anrufen, zuruckrufen, stell, stellen",
        ),
        (Part::Own, "ich, mich, mir, wir, uns"),
        (
            Part::Other,
            "kunden, kunde, besucher, nutzer, benutzer, man, er, sie alle, bot, der bot, gaste, die assistentin, wer",
        ),
        (Part::Towards, "mit, zu, zum, zur, an, bei"),
        (Part::Before, "neuen, neue, neuer, weiteren, weitere, pro, jeder, jeden, jede, zweiten, zweite, dritte"),
        (
            Part::After,
            "konto, konten, account, rolle, rollen, lizenz, lizenzen, platz, platze, ansicht, name, namen, status, limit, \
             oberflache, seite, passwort, anlegen, hinzufugen, einladen, loschen, sehen, im team, app, dashboard, plan, hinzu, \
             an legen, in der buchung, auf der buchung, rechte, gruppen, gruppe, tickets, ticket",
        ),
        (
            Part::Apart,
            "uber, wie ein, wie eine, als, damit, weil, wenn, ob, dass, fur meine, fur unsere, hinzufugen, anlegen, einladen, ist, sind",
        ),
        (
            Part::Filler,
            "ein, eine, einen, einem, einer, nen, nem, ne, n, der, die, das, den, dem, des, bitte, bitteschon, mal, doch, jetzt, sofort, \
             endlich, einfach, nur, wirklich, gerne, gern, lieber, echten, echter, echte, echtem, richtigen, richtiger, richtige, richtigem, \
             realen, wahren, lebenden, lebendigen, kann, konnte, konnten, konnen, koennte, koennten, darf, konnt, kannst, ihr, ihnen, ihrem, ihrer, ihren, \
             ihre, sie, du, eurem, euren, euer, eure, euch, deine, deinen, deinem, auch, noch, wieder, irgendwie, irgendeinem, irgendeinen, \
             irgendeine, vom, von, aus, hier, dort, und, hallo, hi, hey, guten tag, moin, danke, ja, ok, okay, schnell, dringend, \
             direkt, personlich, personlichen, personlichem, service, kunden, telefon, am telefon, telefonisch, live, es, \
             moglich, ist es moglich, gibt es, muss, musste, wurde, wurd, haben, werden, stattdessen, anderen, anderem, zustandigen, \
             zustandige, zu, so, schon, eben, halt, nochmal, deutschsprachigen, kompetenten, kompetente, verdammt, verdammten, zum teufel, hilfe, chat, per",
        ),
    ],
};

pub(super) const DUTCH: Lexicon = Lexicon {
    language: "nl",
    order: Order::Free,
    pass_needs_aim: false,
    parts: &[
        (
            Part::Mask,
            "onze medewerker*, mijn medewerker*, mensenrechten, per persoon, per medewerker, in persoon, menselijke fout, \
             onze klantenservice, mijn klantenservice, eerste persoon",
        ),
        (
            Part::Deny,
            "ben je, bent u een, ben jij, is dit een, praat ik met, spreek ik met, chat ik met, hoeveel, wat is een, wat ziet een, \
             wat kan een, hoe lang, wat gebeurt er, wanneer, verschil tussen, ik ben, bedankt voor, gisteren",
        ),
        (
            Part::Whole,
            "is daar iemand, is er iemand, kan iemand mij helpen, kan iemand me helpen, kan iemand mij bellen, kan iemand me bellen, \
             bel me, verbind me door, doorverbinden, verbind mij door, geen robot, geen bot, niet met een robot, niet met een bot, \
             is er een mens, zijn er mensen",
        ),
        (Part::How, "hoe kan ik een, hoe voeg ik, hoe maak ik, hoe nodig ik, heb ik een"),
        (Part::Not, "niet, geen, zonder, in plaats van, nooit, noch"),
        (
            Part::Human,
            "mens, mensen, menselijk*, echt persoon, echte persoon, echt iemand, echte mens, live agent, klantenservicemedewerker*, \
             servicemedewerker*, supportmedewerker*, iemand van vlees en bloed",
        ),
        (
            Part::Role,
            "medewerker, medewerkster, medewerkers, agent, klantenservice, klantendienst, helpdesk, adviseur, consulent, operator, \
             leidinggevende, manager, collega, persoon, vertegenwoordiger, supportteam, support",
        ),
        (Part::Anyone, "iemand, agenten, personeel, team, personen"),
        (
            Part::Speak,
            "praten, praat, spreken, spreek, chatten, contact, bereiken, bellen, kletsen, communiceren, overleggen",
        ),
        (
            Part::Want,
            "wil, wou, wilde, zou graag, nodig, heb, hebben, graag, willen, verlang, eis, zoek, krijgen, krijg",
        ),
        (
            Part::Pass,
            "verbinden, verbind, doorverbonden, doorschakelen, schakel, zet, geef, breng, doorgeven, doorzetten",
        ),
        (Part::Own, "ik, mij, me, mijn, wij, we, ons"),
        (Part::Other, "klanten, klant, bezoekers, gebruikers, gebruiker, hij, zij, ze, bot"),
        (Part::Towards, "met, aan, naar, door"),
        (Part::Before, "nieuwe, extra, per, elke, tweede"),
        (
            Part::After,
            "account, rol, rollen, licentie, licenties, naam, status, toevoegen, uitnodigen, verwijderen, dashboard, pagina, wachtwoord, toe, uit",
        ),
        (
            Part::Apart,
            "over, als een, zoals, omdat, wanneer, als, of, voor mijn, voor onze, toevoegen, uitnodigen, is, zijn",
        ),
        (
            Part::Filler,
            "een, de, het, n, echt, echte, levende, alsjeblieft, alstublieft, aub, svp, nu, meteen, direct, gewoon, even, eens, \
             kan, kunt, kunnen, mag, zou, liever, van, jullie, uw, je, u, er, hier, gelieve, hallo, hoi, hey, dank je, ja, ok, oke, \
             eindelijk, asap, snel, te, om, ook, maar, willen, telefonisch, aan de telefoon, andere, bevoegde, iemand anders, \
             misschien, mogelijk, is het mogelijk, en, in plaats daarvan, worden, word, bot",
        ),
    ],
};
