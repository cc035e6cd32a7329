"""The model seam: prompts as data, one chat client with a closed set of outcomes, and the mock behind it."""
