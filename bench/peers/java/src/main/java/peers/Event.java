package peers;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;

/** What the job needs of an event; the other fields are skipped. */
@JsonIgnoreProperties(ignoreUnknown = true)
public class Event {
    private static final ObjectReader READER = new ObjectMapper().readerFor(Event.class);

    public String kind;
    public long at;
    public String id;
    public String seller;
    public String order;
    public boolean fault;

    public static Event parse(byte[] json) throws IOException {
        return READER.readValue(json);
    }
}
