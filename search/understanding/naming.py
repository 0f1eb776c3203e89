"""Find the regions and industries that a text names; a wrong one is worse than none."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from library.codes import CodeList, fold_name

Span = tuple[int, int]

WORLD = "001"  # "global" is said of nearly every strategic account
_LONGEST_NAME = 6  # words
_WORD = re.compile(r"[\w\u0300-\u036f]+")  # an accent may be a character of its own
_SHORTEST_NAME = 4  # characters; a shorter one may be anything
_SUFFIXES = ("s", "es", "n", "en")
# Capitals that stand for little else in a mail. Not among them, for instance: IT, NO, IN, RE (a reply's), SE and AG
# (forms of companies), AT, BE, HR, QA, PL (private label), GR (goods receipt), BR (best regards).
_SHORT_REGION_NAMES = "DE FR UK GB US EU CZ NL CH ES DK MX CN JP AU NZ ZA LU USA UAE GCC ANZ CEE UKI"
_SHORT_REGIONS = frozenset(_SHORT_REGION_NAMES.split())
# Names of places that are other words, or people's names, at least as often.
_OTHER_NAMES = (
    "chad dominique emirates formosa georgia grenade guinea jersey jordan malte maurice montserrat niger "
    "reunion saint-martin salvador trinidad"
)
_NOT_PLACES = frozenset(_OTHER_NAMES.split()) | {"down under", "la reunion", "the states"}
_ONLY_CAPITALISED = frozenset({"china", "turkey", "man", "oman", "cuba", "mali", "togo", "panama"})
_ONLY_CAPITALS = frozenset({"dach", "amer"})  # "Dach" is a roof
# "US" is the country after "the" or "in", beside other codes or before a hyphen; else it may be "us", said loudly.
_US = re.compile(r"(?:\b(?:the|in|from|and|our|across)\s+|[(/,+]\s*|^)$", re.IGNORECASE)
# "EU rules" tells of a rule, not of a place.
_RULE = re.compile(r"[\s-]*(?:verordnung|richtlinie|recht|regulation|directive|rules?|law|règlement)", re.IGNORECASE)
_SHORT_INDUSTRIES = frozenset({"3pl", "btp", "leh"})
# A word for a thing is as likely what we sell, or what a bill is for, as what the customer makes or does; and many a
# firm is named in passing (a bank, a hotel). Such words tell an industry only beside a word for a firm: "steel
# producer", "hotel group", "client dans la chimie".
_THING_WORDS = """
    abbruch abfall accounting acier advertising aggregates airline airlines airport airports alimentation aluminium
    aluminum ammunition architecture archive archives artists association associations auditing authorities avocat
    avocats bank banks banque banques bars batterien batteries bau beer beratung beton bildung bois books bricks
    broker cable cables camping canteen cardboard carpets carton catering cement certification charbon chaussures
    chemical chemicals chemie chimie ciment cleaning clothing cloud coal commerce comptabilite concrete conseil
    construction consulting copper cork courier crops cuir cuivre culture cybersecurite cybersecurity
    datenverarbeitung dechets defence defense demolition dentist depollution design detergents doctors drinks
    druckerei education electricite electricity electronics electronique elektronik energie energy engineering
    engrais enseignement entrepot entsorgung erdgas exhibitions fabrics farm fertiliser fertilizers film finance
    fitness food forschung foundation foundations fuel furniture garage garments generics gesundheit glas glass
    gouvernement government gummi handel hardware health heime hochschule hochschulen holz hosting hotel hotels
    housing immobilien informatik informatique ingenierie instandhaltung insurance interim it-branche
    it-dienstleistungen justice kabel kantine keramik kitchens kohle konzerte kultur kunststoff kunststoffe kupfer
    lagerhaltung lawyer lawyers leasing leather leder legal leisure lending libraries library logiciel logiciels
    logistics logistik logistique loisirs machinery magazines manufacturing matratzen mattresses meat media medien
    medizinprodukte messe messtechnik metals meubles mineralwasser ministere ministerium ministry mobel mobilitat
    mobilite mobility movies mro munition nettoyage notaire notar nucleaire oem optics optik optique outillage
    outsourcing paiements paper papier pappe parcel payments photography photonics photonik pipeline pipelines
    plastic plastics plastique pneus police polizei ports power presse printing property publicite publishing radio
    rail recherche recruiting recruitment recrutement recyclage recycling regulator reifen rental research
    restaurant restaurants restauration rohstoffe rubber sante schmuck school schools schuhe schule scrap securities
    sewage shipping shoes shopping software spa spirits sport sports stahl steel strom sugar tabac tabak taxi tech
    telecom television textiles theater theatre timber tires tobacco tools tourism tourisme toys trade traduction
    trailers training translation transport transportation transports travel trucks tv tyres uhren universitat
    universitaten universite universites universities university unterhaltung upstream vaccines verband verein
    vereine verkehr vermietung verre verteidigung waffen warehouse warehouses warehousing waste wastewater watches
    water weapons weiterbildung welfare werbung werkzeuge wetten wholesale wood zahnarzt zement zertifizierung
"""
_THING_NAMES = """
    administrative services; agricultural machinery; air cargo; air freight; aircraft maintenance; animal feed;
    armes et munitions; articles de sport; asset management; assurance maladie; auto repair; autres services; beauty
    care; biens d'equipement; bridge building; building installation; building materials; business services; cabinet
    medical; cables and wires; call center; call centre; capital goods; capital markets; car rental; car repair;
    chamber of commerce; chauffage urbain; child care; circular economy; cleaning services; cloud services;
    commercial real estate; computer hardware; computer repair; conference organisation; construction equipment;
    construction materials; consumer electronics; controle technique; crude oil; data center; data centre; data
    centres; data processing; day care; debt collection; dental products; dispositifs medicaux; distribution d'eau;
    distribution de gaz; district heating; drinking water; dry cleaning; eau potable; eaux minerales; eaux usees;
    economie circulaire; electric motors; electrical engineering; electrical equipment; electrical installation;
    electronique grand public; employment agency; energie solaire; energies renouvelables; energy supply;
    engineering services; environmental remediation; environmental services; equipements electriques; equipment
    rental; erneuerbare energien; event management; executive search; express delivery; f&e; facilities management;
    facility management; farben und lacke; fast food; fleet management; food service; formation professionnelle;
    fret aerien; fund management; gas supply; gestion des dechets; head office; head offices; health insurance;
    health services; higher education; holding company; home appliances; home care; household appliances; industrial
    equipment; industrial maintenance; information technology; installation electrique; insurance broker; iron ore;
    it consulting; it services; last-mile delivery; law firm; law firms; leather goods; legal services; life
    insurance; livraison de colis; lkw-transport; location de materiel; location de voitures; machine tools;
    machinery repair; machines-outils; machinisme agricole; mail order; mail services; maintenance aeronautique;
    maintenance industrielle; management consulting; maritime transport; market research; marketing services;
    materiaux de construction; materiel ferroviaire; matieres premieres; measuring instruments; medical device;
    medical devices; medical practice; metal processing; metal products; mineral water; mobile network; motor
    vehicles; musical instruments; natural gas; natural resources; nuclear power; ocean freight; other services;
    paints and coatings; paper packaging; parcel delivery; pate a papier; payment services; pension fund; pension
    funds; pet food; petroleum products; phone repair; piles et batteries; plastic packaging; poids lourds; post
    office; postal services; power generation; power grid; power plant; private equity; produits laitiers;
    professional services; property management; public relations; public transport; r&d; rail transport; railway
    equipment; real estate; recherche et developpement; recouvrement de creances; relations publiques; renewable
    energy; repair shop; research & development; research and development; road construction; road freight; rolling
    stock; sea freight; search engine; security services; services informatiques; services postaux; services
    professionnels; shared services; siege social; social media; social security; social services; soft drinks;
    software development; solar power; sporting goods; steel construction; stock exchange; support services; system
    integration; tax advisory; temp agency; third sector; tools and hardware; trade fairs; trade shows; trade union;
    trade unions; traitement de l'eau; translation services; transport aerien; transport en commun; transport
    ferroviaire; transport maritime; transport routier; travail des metaux; united nations; venture capital;
    vocational training; waste disposal; waste management; waste water; water supply; water treatment; web portal;
    white goods; wholesale distribution; wind power; wood products
"""
_THINGS = frozenset(_THING_WORDS.split()) | frozenset(" ".join(name.split()) for name in _THING_NAMES.split(";"))
_FIRM = (
    r"accounts?|branche|business|clients?|compan(?:y|ies)|companie|corporation|customers?|entreprises?|fabricants?|"
    r"factor(?:y|ies)|firms?|giant|groups?|groupes?|hersteller|industr(?:y|ie)|konzern|kunden?|makers?|"
    r"manufacturers?|mills?|operators?|plants?|producers?|producteurs?|providers?|sect(?:or|eur)|societe|"
    r"unternehmen|usines?|utility|werke?"
)
_FIRM_AFTER = re.compile(rf"[\s-]*(?:{_FIRM})\b")
_FIRM_BEFORE = re.compile(
    rf"\b(?:{_FIRM})\s+(?:(?:of|in|from|for|the|aus|der|dem|des|von|im|dans|de|du|la|le|les)\s+|l'|d'|de l'|dans l')+$"
)
_FIRM_ENDINGS = ("branche", "hersteller", "industrie", "konzern", "kunde", "kunden", "unternehmen", "werk", "werke")


@dataclass(frozen=True, slots=True)
class Mention:
    """Something that a text says: an id or code, the words that say it and where they stand.

    What was read from a case's fields instead of a text has no span.
    """

    value: str
    words: str
    span: Span | None = None


def find_regions(text: str, known: CodeList, languages: Sequence[str]) -> tuple[Mention, ...]:
    """Return each region that a text names, where it is first named."""
    return tuple(_find_names(text, known, _RegionNames(text, languages)))


def find_industries(text: str, known: CodeList) -> tuple[Mention, ...]:
    """Return each industry that a text names, where it is first named."""
    return tuple(_find_names(text, known, _IndustryNames(text)))


def _find_names(text: str, known: CodeList, names: _Names) -> Iterator[Mention]:
    """Yield each entry of a list that the text names, the longest name first, where it is first named."""
    words = [match.span() for match in _WORD.finditer(text)]
    seen: set[str] = set()
    n = 0
    while n < len(words):
        longest = _words_of_longest(text[slice(*words[n])], known, names)
        size, code = _longest_name(text, words[n : n + longest], known, names) if longest else (1, "")
        if code and code not in seen:
            seen.add(code)
            span = words[n][0], words[n + size - 1][1]
            yield Mention(code, text[slice(*span)], span)
        n += size


def _words_of_longest(word: str, known: CodeList, names: _Names) -> int:
    """Return how many words a name can have here: what inflects its last word may be a word of its own."""
    longest = known.words_of_longest(word)
    return min(longest + 1, _LONGEST_NAME) if longest else int(word.lower().endswith(names.endings))


def _longest_name(text: str, words: Sequence[Span], known: CodeList, names: _Names) -> tuple[int, str]:
    for size in range(len(words), 0, -1):
        start, end = words[0][0], words[size - 1][1]
        for form in names.forms(text[start:end]):
            code = known.resolve(form)
            if code and names.accepts(fold_name(form), code, (start, end)):
                return size, code
    return 1, ""


class _Names(ABC):
    """What a stretch of text may be the name of, and whether it is meant.

    `endings` are those of words that may be a form of another word, be it inflected or composed.
    """

    endings: tuple[str, ...]

    def __init__(self, text: str) -> None:
        self.text = text

    @abstractmethod
    def forms(self, words: str) -> Iterator[str]:
        """Yield the words and what they may be a form of."""

    @abstractmethod
    def accepts(self, name: str, code: str, span: Span) -> bool:
        """Whether a folded name at this place of the text means the entry."""


class _RegionNames(_Names):
    """Countries and regions: with a capital, unless nothing in the text has one."""

    endings = ("weit",)

    def __init__(self, text: str, languages: Sequence[str]) -> None:
        super().__init__(text)
        self._german = tuple(languages) == ("de",)
        letters = {char: count for char, count in Counter(text).items() if char.isalpha()}
        capitals = sum(count for char, count in letters.items() if char.isupper())
        self._no_capitals = capitals == 0
        self._all_capitals = capitals * 2 > sum(letters.values())

    def forms(self, words: str) -> Iterator[str]:
        yield words
        if words.endswith("weit"):  # europaweit
            yield words.removesuffix("weit").removesuffix("-")

    def accepts(self, name: str, code: str, span: Span) -> bool:
        words = self.text[slice(*span)]
        if code == WORLD or name in _NOT_PLACES or name.isdigit() or (name == "island" and not self._german):
            return False
        if sum(char.isalpha() for char in words) < _SHORTEST_NAME:
            return words in _SHORT_REGIONS and not self._all_capitals and not self._is_something_else(span)
        if name in _ONLY_CAPITALS:
            return words.isupper()
        capitalised = words[0].isupper() or words.endswith("weit")
        return capitalised or (self._no_capitals and name not in _ONLY_CAPITALISED)

    def _is_something_else(self, span: Span) -> bool:
        """Whether the letters stand for something else: DE&I, EU regulation, loud US."""
        start, end = span
        near = self.text[max(0, start - 1) : start], self.text[end : end + 1]
        if self.text[start:end] == "US" and near[1] not in ("-", "/") and not _US.search(self.text, 0, start):
            return True
        return bool({"&", "'"}.intersection(near) or _RULE.match(self.text, end))


class _IndustryNames(_Names):
    """Industries: by words for kinds of firms and for branches, and by those for things beside a firm's."""

    endings = (*_SUFFIXES, *_FIRM_ENDINGS)

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._folded = _fold_in_place(text)

    def forms(self, words: str) -> Iterator[str]:
        yield words
        if words.endswith(_SUFFIXES):
            yield from _without_suffixes(words)
        low = words.lower()
        if low.endswith(_FIRM_ENDINGS):  # Getränkehersteller, Versicherungskonzern
            yield from _without_firm(low)

    def accepts(self, name: str, code: str, span: Span) -> bool:
        if name == code.lower() or (len(name) < _SHORTEST_NAME and name not in _SHORT_INDUSTRIES and name != "oem"):
            return False
        if name not in _THINGS:
            return True
        inside = name != fold_name(self.text[slice(*span)]) and self._folded[slice(*span)].endswith(_FIRM_ENDINGS)
        before = self._folded[max(0, span[0] - 60) : span[0]]
        return inside or bool(_FIRM_AFTER.match(self._folded, span[1]) or _FIRM_BEFORE.search(before))


def _without_suffixes(words: str) -> Iterator[str]:
    for suffix in _SUFFIXES:
        if words.endswith(suffix) and len(words) - len(suffix) >= _SHORTEST_NAME:
            yield words.removesuffix(suffix)


def _without_firm(low: str) -> Iterator[str]:
    for ending in _FIRM_ENDINGS:
        if low.endswith(ending) and len(low) > len(ending) + 2:
            stem = low.removesuffix(ending).removesuffix("-")
            yield from (stem, stem.removesuffix("s"))


def _fold_in_place(text: str) -> str:
    """Return a text in lower case without accents, every character in its place."""
    return text.translate({ord(char): fold_name(char)[:1] or " " for char in set(text)})
