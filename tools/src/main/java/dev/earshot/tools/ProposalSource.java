package dev.earshot.tools;

/** Where mask proposals come from. */
enum ProposalSource {
    NONE("none"),
    COLOUR_REGIONS("colour-regions"),
    SAM("sam"),
    HQ_SAM("hq-sam");

    private final String word;

    ProposalSource(String word) {
        this.word = word;
    }

    @Override
    public String toString() { // the word of the command line
        return word;
    }
}
