//! Spanish, French, Italian and Portuguese.

use super::{Lexicon, Order, Part};

pub(super) const SPANISH: Lexicon = Lexicon {
    language: "es",
    order: Order::VerbFirst,
    pass_needs_aim: false,
    parts: &[
        (
            Part::Mask,
            "recursos humanos, derechos humanos, error humano, agente de viajes, agente inmobiliario, agentes de viajes, \
             agente de seguros, agente de aduanas, por persona, en persona, datos personales, ser humano normal, ningun humano, \
             mis agentes, nuestros agentes, mi agente de, nuestro equipo, mi equipo, cuerpo humano, por agente, persona de la reserva",
        ),
        (
            Part::Deny,
            "ya hable, hable ayer, eres un, eres una, eres, es usted, estoy hablando con, hablo con un, estoy chateando, cuantos, cuantas, que es un, \
             que ve un, que puede, que pasa si, cuando, diferencia entre, soy un, soy una, soy, gracias por, ayer, como agente",
        ),
        (
            Part::Whole,
            "hay alguien ahi, hay alguien, alguien real, algun humano, alguna persona real, alguien me puede ayudar, puede alguien ayudarme, \
             alguien que me ayude, pasame con, paseme con, comuniqueme, comuniquenme, comunicame con, llamenme, que me llamen, \
             no quiero hablar con un bot, no quiero hablar con una maquina, no quiero hablar con un robot, no quiero un bot, no quiero un robot, no con un robot",
        ),
        (
            Part::How,
            "como puedo agregar, como agrego, como anado, como invito, como creo, necesito un agente para, tengo que",
        ),
        (Part::Not, "no, sin, nunca, ni, en lugar de, en vez de, tampoco, ningun, ninguna"),
        (
            Part::Human,
            "humano, humana, humanos, ser humano, persona real, persona de verdad, persona humana, agente humano, agente real, \
             agente en vivo, persona de carne y hueso, personas reales, alguien de carne y hueso, atencion humana, operador humano",
        ),
        (
            Part::Role,
            "agente, asesor, asesora, operador, operadora, representante, persona, ejecutivo, ejecutiva, encargado, encargada, \
             supervisor, supervisora, gerente, tecnico, atencion al cliente, servicio al cliente, atencion al usuario, \
             soporte tecnico, soporte, colega, responsable, teleoperador, jefe, empleado",
        ),
        (Part::Anyone, "alguien, agentes, personas, gente, asesores, equipo"),
        (
            Part::Speak,
            "hablar, hablo, ablar, hablarle, charlar, chatear, platicar, conversar, comunicarme, comunicarnos, contactar, \
             contacto, contactarme, ponerme en contacto, hable, dialogar, atienda, atender, atendido, atendida",
        ),
        (
            Part::Want,
            "quiero, kiero, quisiera, necesito, nesesito, deseo, me gustaria, exijo, pido, solicito, prefiero, busco, queremos, necesitamos, tener",
        ),
        (
            Part::Pass,
            "pasa, pasar, pasarme, pase, transferir, transfiere, transfierame, transfiereme, transferirme, conectar, conectame, conecteme, \
             conectarme, comunica, comunicar, comunique, comuniqueme, deriva, derivar, derivame, poner, pon, ponme, pongame, dame, deme, \
             escalar, traspasar, pasas, puedes pasarme",
        ),
        (Part::Own, "yo, me, mi, nos, nosotros"),
        (Part::Other, "clientes, cliente, visitantes, usuarios, usuario, ellos, el bot, bot, ella"),
        (Part::Towards, "con, a, al"),
        (Part::Before, "nuevo, nueva, otro nuevo, cada, segundo"),
        (
            Part::After,
            "de viajes, inmobiliario, de seguros, de la reserva, rol, cuenta, licencia, panel, nombre, estado, contrasena, de cambio, nuevo",
        ),
        (
            Part::Apart,
            "sobre, acerca, como un, como una, porque, cuando, si, que es, para mi, para mis, agregar, anadir, invitar, crear, es, son",
        ),
        (
            Part::Filler,
            "un, una, el, la, los, las, lo, por favor, porfavor, porfa, xfa, xfavor, ya, ahora, ahora mismo, inmediatamente, directamente, \
             puedo, puede, puedes, podria, podrias, podemos, poder, se puede, es posible, posible, hay, de, del, su, tu, sus, ustedes, usted, vuestro, \
             equipo, servicio, verdad, real, verdadera, solo, solamente, mejor, que, alguna, algun, otra, otro, hola, buenas, gracias, si por favor, \
             urgente, urgentemente, en, aqui, y, tambien, ayuda, favor, telefono, por telefono, puedan, pueda, le, les, vez, otra vez, bot, te, ser, \
             maldita, maldito, mucho, realmente, departamento, competente",
        ),
    ],
};

pub(super) const FRENCH: Lexicon = Lexicon {
    language: "fr",
    order: Order::VerbFirst,
    pass_needs_aim: false,
    parts: &[
        (
            Part::Mask,
            "ressources humaines, droits humains, erreur humaine, agent de voyage*, agent immobilier, agents immobiliers, par personne, \
             en personne, agent de change, agent d assurance, agent de joueur*, agent de nettoyage, mes agents, nos agents, mon equipe, \
             notre equipe, corps humain, premiere personne, par agent, mon conseiller bancaire, agent de securite",
        ),
        (
            Part::Deny,
            "j ai deja parle, j ai parle, deja parle, etes vous, es tu, est ce que je parle, est ce que vous etes, je parle a, je parle avec, c est un, combien, qu est ce qu un, \
             que voit, que peut, que se passe, quand, difference entre, je suis, merci pour, hier, en tant qu",
        ),
        (
            Part::Whole,
            "il y a quelqu un, y a quelqu un, y a t il quelqu un, quelqu un de reel, quelqu un peut m aider, \
             quelqu un pourrait m aider, rappelez moi, qu on me rappelle, passez moi, passe moi, mettez moi en relation, mettez moi en contact, \
             pas un robot, pas un bot, pas a un robot, pas avec un robot, pas a une machine, y a t il un humain, il y a un humain",
        ),
        (
            Part::How,
            "comment ajouter, comment inviter, comment creer, comment j ajoute, ai je besoin, faut il, comment puis je ajouter",
        ),
        (Part::Not, "pas, sans, jamais, ni, aucun, aucune, plutot que, au lieu de, plus besoin"),
        (
            Part::Human,
            "humain, humaine, humains, etre humain, vraie personne, personne reelle, vrai humain, vrai conseiller, vrai agent, agent humain, \
             conseiller humain, agent en direct, personne physique, personne en chair et en os, quelqu un de vrai, vraies personnes, vrai etre humain",
        ),
        (
            Part::Role,
            "agent, conseiller, conseillere, operateur, operatrice, representant, representante, personne, responsable, superviseur, \
             service client, service clientele, support client, assistance, support technique, support, technicien, collegue, \
             teleconseiller, charge de clientele, manager, sav, standard, commercial, interlocuteur, collaborateur, employe",
        ),
        (Part::Anyone, "quelqu un, qqn, qq un, quelqun, agents, conseillers, gens, equipe, personnes"),
        (
            Part::Speak,
            "parler, parlez, parle, parlé, discuter, echanger, chatter, tchatter, dialoguer, contacter, contact, joindre, communiquer, \
             m adresser, entretenir, converser, avoir au telephone",
        ),
        (
            Part::Want,
            "veux, veut, voudrais, voudrai, souhaite, souhaiterais, aimerais, besoin, desire, exige, demande, prefere, prefererais, cherche, avoir, faut, voulons, faudrait",
        ),
        (
            Part::Pass,
            "transferer, transferez, transfere, transfert, connecter, connectez, mettre, mettez, mets, passer, passez, passe, orienter, \
             rediriger, redirigez, relier, escalader, donnez, donne, mise en relation, diriger",
        ),
        (Part::Own, "je, j, me, m, moi, nous, on"),
        (Part::Other, "clients, client, visiteurs, utilisateurs, utilisateur, ils, elles, il, elle, le bot, bot"),
        (Part::Towards, "a, au, aux, avec, vers, par"),
        (Part::Before, "nouvel, nouveau, chaque, nouvelle, deuxieme"),
        (
            Part::After,
            "de voyage, immobilier, role, compte, licence, nom, statut, tableau, mot de passe, supplementaire, sur la reservation, de la reservation",
        ),
        (
            Part::Apart,
            "sur, a propos, comme un, comme une, parce, quand, si, pour mon, pour mes, ajouter, inviter, creer, est, sont",
        ),
        (
            Part::Filler,
            "un, une, le, la, les, l, d, de, du, des, s il vous plait, s il te plait, svp, stp, sil vous plait, maintenant, tout de suite, immediatement, \
             directement, vraiment, enfin, juste, simplement, plutot, puis, peux, peut, pouvez, pourrais, pourrait, pourriez, possible, est il, est ce que, est ce qu, \
             il possible, il est possible, c est possible, est il possible, que, qu, vous, votre, vos, tu, t, ton, ta, vrai, vraie, reel, reelle, y a t il, y, bonjour, bonsoir, salut, merci, oui, ok, \
             urgent, vite, rapidement, en, ici, et, aussi, service, relation, contact, telephone, au telephone, par telephone, etre, mis, mise, autre, competent, \
             client, clientele, fait, faire, aide, merde, putain, relations, contactez, ligne, en ligne, bot, bien",
        ),
    ],
};

pub(super) const ITALIAN: Lexicon = Lexicon {
    language: "it",
    order: Order::VerbFirst,
    pass_needs_aim: false,
    parts: &[
        (
            Part::Mask,
            "risorse umane, diritti umani, errore umano, agente immobiliare, agente di viaggio, agente di viaggi, agente assicurativo, a persona, per persona, di persona, \
             in persona, i miei operatori, i nostri operatori, i miei agenti, i nostri agenti, il mio team, il nostro team, corpo umano, tour operator, per operatore",
        ),
        (
            Part::Deny,
            "sei un, sei una, sei, lei e un, sto parlando con, parlo con un, quanti, quante, cos e un, che cos e, cosa vede, cosa puo, \
             cosa succede, quando, differenza tra, sono un, sono una, grazie per, ieri",
        ),
        (
            Part::Whole,
            "c e qualcuno, ce qualcuno, qualcuno di reale, qualcuno puo aiutarmi, qualcuno mi puo aiutare, mi passi un, passami un, passatemi, \
             fatemi parlare, mi faccia parlare, richiamatemi, chiamatemi, non con un bot, non con un robot, non un bot, non un robot, c e un umano",
        ),
        (
            Part::How,
            "come aggiungo, come faccio ad aggiungere, come posso aggiungere, come invito, come creo, mi serve un operatore per",
        ),
        (Part::Not, "non, senza, mai, ne, nessun, nessuno, nessuna, invece di, anziche"),
        (
            Part::Human,
            "umano, umana, umani, essere umano, persona reale, persona vera, vera persona, operatore umano, agente umano, assistente umano, \
             persona in carne e ossa, operatore reale, operatore dal vivo, persona fisica",
        ),
        (
            Part::Role,
            "operatore, operatrice, agente, persona, addetto, addetta, consulente, rappresentante, responsabile, supervisore, assistenza, \
             servizio clienti, assistenza clienti, supporto clienti, supporto, tecnico, incaricato, collega, dipendente, impiegato",
        ),
        (Part::Anyone, "qualcuno, qlcn, operatori, agenti, persone, team, staff"),
        (
            Part::Speak,
            "parlare, parlo, parlarne, parlar, chattare, comunicare, contattare, contatto, discutere, conversare, chiacchierare, sentire",
        ),
        (
            Part::Want,
            "voglio, vorrei, vorremmo, bisogno, desidero, preferisco, preferirei, chiedo, esigo, serve, cerco, pretendo, avere, vogliamo, ho bisogno",
        ),
        (
            Part::Pass,
            "passare, passa, passami, passi, passarmi, trasferire, trasferisci, trasferiscimi, trasferirmi, trasferitemi, collegare, collegami, \
             connettere, connettimi, connettermi, mettere, mettimi, metti, mettermi, mettetemi, metta, inoltrare, dammi, datemi, girare",
        ),
        (Part::Own, "io, mi, me, noi, ci"),
        (Part::Other, "clienti, cliente, visitatori, utenti, utente, loro, il bot, bot"),
        (Part::Towards, "con, a, ad, al, alla, all, allo, agli, ai"),
        (Part::Before, "nuovo, nuova, ogni, secondo"),
        (
            Part::After,
            "immobiliare, di viaggio, ruolo, account, licenza, nome, stato, pannello, password, della prenotazione, in piu",
        ),
        (
            Part::Apart,
            "di quanto, circa, come un, come una, perche, quando, se, per il mio, per i miei, aggiungere, invitare, creare, e un",
        ),
        (
            Part::Filler,
            "un, una, uno, il, la, lo, i, gli, le, l, un, per favore, perfavore, per piacere, x favore, grazie, subito, adesso, ora, immediatamente, \
             direttamente, davvero, solo, soltanto, semplicemente, finalmente, piuttosto, posso, puo, puoi, potrei, possibile, e possibile, si puo, \
             potete, potrebbe, del, della, dell, di, vostro, vostra, vostri, suo, tuo, voi, vero, vera, reale, che, in, qui, ciao, salve, buongiorno, buonasera, si, ok, \
             urgente, anche, servizio, telefono, al telefono, qualche, altro, altra, c e, competente, aiuto, fare, farmi, bot, essere, contatto",
        ),
    ],
};

pub(super) const PORTUGUESE: Lexicon = Lexicon {
    language: "pt",
    order: Order::VerbFirst,
    pass_needs_aim: false,
    parts: &[
        (
            Part::Mask,
            "recursos humanos, direitos humanos, erro humano, agente de viagens, agente imobiliario, corretor de imoveis, por pessoa, \
             em pessoa, meus agentes, nossos agentes, meus atendentes, nossos atendentes, minha equipe, nossa equipe, corpo humano, por atendente, por agente",
        ),
        (
            Part::Deny,
            "voce e um, voce e uma, voce e, vc e, estou falando com, to falando com, falo com um, quantos, quantas, o que e um, o que ve, o que um, \
             o que pode, o que acontece, quando, diferenca entre, sou um, sou uma, sou, obrigado por, obrigada por, ontem",
        ),
        (
            Part::Whole,
            "tem alguem ai, ha alguem ai, alguem real, alguem de verdade, alguem pode me ajudar, alguem me ajuda, me passa para, me passe para, \
             me liguem, me liga, nao quero falar com robo, nao quero falar com um robo, nao quero um robo, nao quero bot, tem algum humano",
        ),
        (
            Part::How,
            "como adiciono, como adicionar, como convido, como criar, como eu adiciono, preciso de um agente para",
        ),
        (Part::Not, "nao, sem, nunca, nem, nenhum, nenhuma, em vez de, ao inves de, naum"),
        (
            Part::Human,
            "humano, humana, humanos, ser humano, pessoa real, pessoa de verdade, pessoa humana, atendente humano, atendente real, agente humano, \
             atendimento humano, pessoa de carne e osso, pessoas reais",
        ),
        (
            Part::Role,
            "atendente, agente, pessoa, operador, operadora, representante, assistente humano, consultor, consultora, supervisor, supervisora, gerente, \
             suporte, atendimento, atendimento ao cliente, apoio ao cliente, servico de apoio, sac, tecnico, responsavel, colega, funcionario, funcionaria, assessor",
        ),
        (Part::Anyone, "alguem, atendentes, agentes, pessoas, gente, equipe, equipa"),
        (
            Part::Speak,
            "falar, falo, conversar, contactar, contatar, contato, contacto, comunicar, tratar, papear, bater papo, fala, atendido, atendida",
        ),
        (
            Part::Want,
            "quero, qro, queria, gostaria, preciso, necessito, desejo, exijo, prefiro, solicito, precisava, queremos, precisamos, chama, chame, chamar",
        ),
        (
            Part::Pass,
            "passar, passa, passe, transferir, transfere, transfira, conectar, conecta, conecte, encaminhar, encaminhe, encaminha, ligar, \
             colocar, coloca, coloque, direcionar, me da, falar com",
        ),
        (Part::Own, "eu, me, mim, nos"),
        (Part::Other, "clientes, cliente, visitantes, usuarios, usuario, eles, o bot, bot, robo"),
        (Part::Towards, "com, para, pra, pro, a, ao, por"),
        (Part::Before, "novo, nova, cada, segundo"),
        (
            Part::After,
            "de viagens, imobiliario, papel, conta, licenca, nome, estado, painel, senha, da reserva, na reserva",
        ),
        (
            Part::Apart,
            "sobre, como um, como uma, porque, quando, se, para o meu, para os meus, adicionar, convidar, criar, e um",
        ),
        (
            Part::Filler,
            "um, uma, o, a, os, as, por favor, pfv, pf, porfavor, agora, ja, imediatamente, diretamente, realmente, so, apenas, logo, \
             posso, pode, podem, poderia, podia, possivel, e possivel, tem como, da pra, de, do, da, seu, sua, vosso, vossa, vcs, voces, voce, vc, verdade, \
             real, em vez, algum, alguma, outro, outra, ola, oi, bom dia, boa tarde, obrigado, obrigada, sim, ok, urgente, tambem, que, e, no, na, em, aqui, \
             telefone, por telefone, ser, atendimento, equipe, ajuda, competente, contato, entrar em, muito, ter, bot",
        ),
    ],
};
