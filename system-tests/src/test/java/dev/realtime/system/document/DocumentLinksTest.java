package dev.realtime.system.document;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Links between the documents lead somewhere. */
class DocumentLinksTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern LINK = Pattern.compile("]\\(([^)#\\s]*)(#[^)\\s]+)?\\)");
    private static final Pattern ELSEWHERE = Pattern.compile("^[a-z]+:.*");
    private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} (.+)$");
    private static final Pattern CODE = Pattern.compile("(?s)```.*?```");

    @Test
    void everyLinkLeadsToAFileAndAHeading() throws IOException {
        List<String> dead = new ArrayList<>();
        List<Path> documents = documents();
        for (Path document : documents) {
            Matcher link = LINK.matcher(CODE.matcher(Files.readString(document)).replaceAll(""));
            while (link.find()) {
                if (!ELSEWHERE.matcher(link.group(1)).matches() && !leads(document, link.group(1), link.group(2))) {
                    dead.add(ROOT.relativize(document) + ": " + link.group());
                }
            }
        }
        assertThat(dead).isEmpty();
        assertThat(documents).hasSizeGreaterThan(30);
    }

    /** Whoever reads one has to know at its head whether it is for them. */
    @Test
    void everyDocumentBeginsWithWhomItIsFor() throws IOException {
        try (Stream<Path> files = Files.list(ROOT.resolve("docs"))) {
            for (Path document :
                    files.filter(file -> file.toString().endsWith(".md")).toList()) {
                assertThat(Files.readAllLines(document).get(2))
                        .as("%s", document)
                        .startsWith("For ");
            }
        }
    }

    private static boolean leads(Path from, String file, String anchor) throws IOException {
        Path to = file.isEmpty() ? from : from.resolveSibling(file).normalize();
        return Files.exists(to) && (anchor == null || anchors(to).contains(anchor.substring(1)));
    }

    /** Of its headings, as forges make them. */
    private static Set<String> anchors(Path document) throws IOException {
        return HEADING.matcher(Files.readString(document))
                .results()
                .map(heading -> heading.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toSet());
    }

    private static List<Path> documents() throws IOException {
        try (Stream<Path> top = Files.list(ROOT);
                Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
            return Stream.concat(top, docs)
                    .filter(file -> file.toString().endsWith(".md"))
                    .toList();
        }
    }
}
