package peers;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;

/** What is said, and of whom. */
public class Outcome {
    private static final ObjectWriter WRITER = new ObjectMapper().writerFor(Body.class);

    public String seller;
    public byte[] json;

    public Outcome() {}

    public Outcome(String seller, String id, long... numbers) {
        this.seller = seller;
        try {
            json = WRITER.writeValueAsBytes(new Body(id, numbers));
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private record Body(String id, long[] numbers) {}
}
