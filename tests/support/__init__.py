"""What tests share: clients, servers, documents."""
