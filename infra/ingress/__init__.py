"""How requests reach services: load balancers, certificate, DNS records, web firewall."""
