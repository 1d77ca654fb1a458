"""The words by which English texts say how a voice sounds: tables that `free_text` reads, and nothing else.

HEADS         what a level is said of: `voice`, `pace`. A head has a class; one of pitch, volume, speed,
              variation, pauses and quality is a dimension of its own, `voice` and `speaking` are the voice as
              a whole, `verb` is the act of speaking, `person` who speaks.
LEVEL_WORDS   words, the classes of heads beside which they mean it, descriptor, level. `low` beside `voice`
              may mean pitch or volume: such words have no level and are reported as unclear.
ALONE         words that mean it without any head: `shouts`. `*` is a possessive.
Entries are separated by two spaces or a new line, so that they may hold several words.
Source        our own list.
"""

from __future__ import annotations

from collections.abc import Mapping

UNCLEAR = "unclear"

HEADS: Mapping[str, str] = {
    "pitch": "pitch  pitch level  pitched  vocal pitch  voice pitch",
    "volume": "volume  volume level  loudness  loudness level  voice volume",
    "speed": """speed  pace  paced  tempo  rate  speech rate  speaking rate  speaking speed  speaking pace
        speech speed  speech pace  speech tempo  speaking tempo  rate of speech  pace of speech
        rate of speaking  articulation rate  talking speed""",
    "variation": """pitch variation  pitch range  pitch variability  pitch modulation  pitch changes
        variation in pitch  variations in pitch  variation of pitch  variety in pitch  pitch contour
        intonation  inflection  inflections  modulation  melody  prosody""",
    "pauses": "pauses  pause  pausing  paused",
    "quality": "voice quality  vocal quality  timbre  voice texture  vocal texture",
    "voice": "voice  voices  vocals  tone  tone of voice  whisper  murmur  shout  scream",
    "speaking": """speech  delivery  manner  fashion  style  speaking style  speaker  talker  narrator
        narration  utterance  way of speaking  way of talking""",
    "verb": """speak  speaks  speaking  spoke  spoken  talk  talks  talking  talked  say  says  saying  said
        read  reads  reading  deliver  delivers  delivered  utter  utters  uttered  answer  answers  answered
        reply  replies  replied  tell  tells  told  ask  asks  asked  respond  responds  responded  narrate
        narrates  narrated  recite  recites  recited  pronounce  pronounces  pronounced  explain  explains""",
    "person": """he  she  they  man  woman  boy  girl  child  person  lady  gentleman  male  female  actor
        actress  lad  guy""",
}
DIMENSIONS = ("pitch", "volume", "speed", "variation", "pauses", "quality")
ADJECTIVAL = "pitched  paced  spoken  speaking  talking"
"""Heads that end an adjective: `high-pitched`, `soft-spoken`; a group of adjectives goes on across them."""

LEVEL_WORDS: tuple[tuple[str, str, str, str], ...] = (
    ("high  elevated  above average  above normal", "pitch", "pitch", "high"),
    ("high  shrill  squeaky", "voice", "pitch", "high"),
    ("shrill  squeaky", "speaking", "pitch", "high"),
    ("low  deep  below average  below normal", "pitch", "pitch", "low"),
    ("deep  bass  baritone", "voice", "pitch", "low"),
    ("low", "voice  speaking  verb", UNCLEAR, ""),
    ("high  raised  elevated  above average  above normal", "volume", "volume", "high"),
    ("loud  booming  thunderous  deafening", "volume  voice  speaking  verb  person", "volume", "high"),
    ("raised", "voice", "volume", "high"),
    ("loudly  noisily", "verb", "volume", "high"),
    ("low  reduced  below average  below normal", "volume", "volume", "low"),
    ("quiet  soft  faint  hushed", "volume  voice  speaking  verb", "volume", "low"),
    ("barely audible  hardly audible  scarcely audible", "voice  speaking  person", "volume", "low"),
    ("quiet", "person", "volume", "low"),
    ("quietly  softly  faintly", "verb", "volume", "low"),
    ("high  above average  above normal", "speed", "speed", "fast"),
    (
        "fast  quick  rapid  hurried  rushed  brisk  swift  hasty",
        "speed  voice  speaking  verb", "speed", "fast",
    ),
    ("quickly  rapidly  hurriedly  briskly  swiftly  hastily", "verb", "speed", "fast"),
    ("low  reduced  below average  below normal", "speed", "speed", "slow"),
    ("slow  unhurried  leisurely  sluggish", "speed  voice  speaking  verb", "speed", "slow"),
    ("slowly  unhurriedly", "verb", "speed", "slow"),
    (
        "flat  monotone  monotonous",
        "pitch  variation  voice  speaking  person  verb", "pitch_variation", "flat",
    ),
    ("constant  even  unvarying  unchanging  level", "pitch  variation", "pitch_variation", "flat"),
    (
        "little  limited  low  small  minimal  reduced  narrow  hardly any  barely any",
        "variation", "pitch_variation", "flat",
    ),
    ("monotonously  flatly", "verb", "pitch_variation", "flat"),
    (
        "varied  varying  variable  dynamic  changing  fluctuating",
        "pitch  variation", "pitch_variation", "lively",
    ),
    (
        "wide  large  great  considerable  strong  high  much  broad  a lot of  lots of  rich",
        "variation", "pitch_variation", "lively",
    ),
    (
        "lively  expressive  animated  melodic",
        "variation  pitch  voice  speaking", "pitch_variation", "lively",
    ),
    ("expressively", "verb", "pitch_variation", "lively"),
    (
        "many  frequent  numerous  a lot of  lots of  quite a few  long  frequently  often  repeatedly",
        "pauses", "pauses", "many",
    ),
    ("halting  hesitant  faltering", "voice  speaking  verb", "pauses", "many"),
    ("haltingly  hesitantly", "verb", "pauses", "many"),
    ("some  several  a few  occasional  occasionally  sometimes", "pauses", "pauses", "some"),
    (
        "few  very few  rare  hardly any  barely any  minimal  short  brief  rarely  seldom",
        "pauses", "pauses", "few",
    ),
    (
        "raspy  hoarse  rough  gravelly  croaky  creaky  husky  gruff  scratchy  rasping",
        "voice  quality  person", "voice_quality", "rough",
    ),
    ("raspy  hoarse  gravelly  croaky  gruff", "speaking", "voice_quality", "rough"),
    ("hoarsely  gruffly", "verb", "voice_quality", "rough"),
    ("smooth  velvety  silky", "voice  quality", "voice_quality", "smooth"),
    *(
        ("normal  average  medium  moderate  ordinary  regular  typical  usual  conversational", *row)
        for row in (
            ("pitch", "pitch", "normal"), ("volume", "volume", "normal"), ("speed", "speed", "normal"),
            ("variation", "pitch_variation", "moderate"), ("quality", "voice_quality", "normal"),
        )
    ),
)  # fmt: skip

NONE_AT_ALL: tuple[tuple[str, str, str, str], ...] = (
    (
        "no  without  without any  never  not  n't  zero  hardly  barely  scarcely  hardly ever",
        "pauses", "pauses", "few",
    ),
    ("no  without  without any  lacks  lacking  zero", "variation", "pitch_variation", "flat"),
)  # fmt: skip
"""Beside their head and without another level word: `no pauses`; `no long pauses` excludes many."""

ALONE: tuple[tuple[str, str, str], ...] = (
    (
        """shout  shouts  shouting  shouted  yell  yells  yelling  yelled  scream  screams  screaming
        screamed  bellow  bellows  bellowing  bellowed  roars  roaring  top of * lungs  top of * voice
        raise * voice  raises * voice  raised * voice  raising * voice""",
        "volume", "high",
    ),
    (
        """whisper  whispers  whispering  whispered  murmur  murmurs  murmuring  murmured  mutter  mutters
        muttering  muttered  under * breath  lower * voice  lowers * voice  lowered * voice
        lowering * voice""",
        "volume", "low",
    ),
    ("monotone  monotonous", "pitch_variation", "flat"),
    ("rapid-fire", "speed", "fast"),
    ("snail's pace", "speed", "slow"),
)  # fmt: skip

COMPARATIVES: Mapping[str, str] = {
    "higher": "high", "highest": "high", "lower": "low", "lowest": "low", "deeper": "deep", "louder": "loud",
    "loudest": "loud", "quieter": "quiet", "softer": "soft", "fainter": "faint", "faster": "fast",
    "fastest": "fast", "quicker": "quick", "slower": "slow", "slowest": "slow", "flatter": "flat",
    "livelier": "lively", "wider": "wide", "narrower": "narrow", "rougher": "rough", "hoarser": "hoarse",
    "smoother": "smooth", "fewer": "few",
}  # fmt: skip
BASELINES = """than normal  than average  than usual  than typical  than most  than others  than ordinary
    than the average  than is usual  than most people"""
"""`faster than normal` is a level; `faster than his sister` is none."""
CHANGING = "increasingly  gradually  progressively  more and more  gets  getting  grows  growing  becoming"
"""`increasingly fast` is a change, not a level."""

NEGATIONS = """not  n't  never  neither  nor  no  without  without any  hardly  barely  scarcely  less
    far from  anything but  lacks  lacking  cannot  zero"""
NO_NEGATIONS = "not only  not just  not merely"
DEGREES = """very  quite  rather  fairly  slightly  somewhat  a bit  a little  extremely  really  too  so
    more  most  much  relatively  pretty  particularly  exactly  overly  unusually  noticeably  especially
    consistently  generally  mostly  always  usually  also  still  at all  either  both  equally  moderately
    any  just  only  remarkably  exceptionally  incredibly  reasonably  comparatively  decidedly"""
COPULAS = """is  are  was  were  be  been  being  sounds  sounded  sound  seems  seemed  appears  appeared
    stays  stayed  remains  remained  keeps  kept  feels  starts  starts off  starts out
    begins  's  're  :  ="""
CONNECTORS = ",  and  or  nor  but  yet  /  &"
DETERMINERS = """a  an  the  this  that  these  those  his  her  their  its  my  your  our  's  each  every
    another  one"""
POSSESSIVES = "his  her  their  its  my  your  our  the"
PREPOSITIONS = """in  with  at  of  to  from  by  for  on  about  over  under  through  into  as  like
    between  during  after  before  across  than  against  among"""
TOPICS = "about  of  that  how  whether  why  if  because  who  which"
"""What stands behind them is what is spoken of, not how."""
SUBJECTS = "he  she  they  it  i  we  you"
CLAUSE_ENDS = """.  ;  !  ?  while  although  though  whereas  because  if  then  —  –  (  )"""
MODALS = "cannot  can  could  may  might  must  should  is"
GENDERS: Mapping[str, str] = {
    "male": "male  man  gentleman  he  his  him",
    "female": "female  woman  lady  she  her  hers  actress",
}
EMPHASISES = """emphasis  emphasises  emphasizes  emphasising  emphasizing  emphasised  emphasized  stress
    stresses  stressing  stressed  accents  accentuates"""
FOREIGN = """music  noise  noises  car  cars  room  traffic  crowd  door  engine  phone  applause  laughter
    recording  audio  microphone  environment  wind  rain  dog  song  sample  sampling  heart  frame  bit
    quality  energy  confidence  emotion  emotional  intensity  status  spirits  mood  end  key  sound  street
    town  city  background  fidelity  level of"""
"""Things that are high, loud or fast and no voice; a level word before one is not about the voice."""
ELSEWHERE = "background  distance"
"""A clause with one of these is about somebody else."""


def entries(text: str) -> tuple[str, ...]:
    """The entries of one cell, in lower case.

    >>> entries("pitch  pitch level")
    ('pitch', 'pitch level')
    """
    return tuple(entry.strip(" ") for line in text.split("\n") for entry in line.split("  ") if entry.strip())
